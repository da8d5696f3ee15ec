// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settle is waited after a change, since one change to a volume is several to its files.
	settle = 100 * time.Millisecond
	// longest is how long changes that go on and on can put off a look: somebody may write logs beside the configuration.
	longest = time.Second
	// recheck finds changes that were not notified, as on file systems without notification.
	recheck = 30 * time.Second
)

// watch calls changed after anything below a folder changed, and now and then in any case, until ctx ends. It sees a
// kubelet's updates, which swap one symbolic link, as well as files that are written in place.
func watch(ctx context.Context, folder string, changed func()) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", folder, err)
	}
	defer watcher.Close() //nolint:errcheck // nothing is to be done about it
	if err := addFolders(watcher, folder); err != nil {
		return err
	}
	timer := time.NewTimer(0) // the first look finds what changed before it was watched
	defer timer.Stop()
	var since time.Time // when the first change after the last look was
	soon := func() {
		if since.IsZero() {
			since = time.Now()
		}
		timer.Reset(min(settle, longest-time.Since(since)))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-watcher.Events:
			soon()
		case <-watcher.Errors: //nolint:errcheck // events were lost, whatever the reason
			soon()
		case <-timer.C:
			since = time.Time{}
			// New folders are watched before the look, so that nothing changes unseen between the two. It is the look that
			// tells when the folder itself is gone.
			_ = addFolders(watcher, folder)
			changed()
			timer.Reset(recheck)
		}
	}
}

// addFolders watches a folder and all below it; one that is watched already stays so.
func addFolders(watcher *fsnotify.Watcher, folder string) error {
	folder += string(filepath.Separator) // where it is a link, what it leads to is meant
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path == folder {
				return fmt.Errorf("watch %s: %w", folder, err)
			}
			return nil //nolint:nilerr // it went while we looked
		}
		if !entry.IsDir() {
			return nil
		}
		if err := watcher.Add(path); err != nil && path == folder {
			return fmt.Errorf("watch %s: %w", folder, err)
		}
		return nil
	})
}
