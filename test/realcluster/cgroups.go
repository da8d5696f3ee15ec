// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	controlGroups        = "/sys/fs/cgroup"
	controlGroupVariable = "SUPEROFFICE_WEBHOOK_REALCLUSTER_CGROUP"
)

// groups are the control groups of one cluster: what kubelet makes lies below them, so that clusters at the same time do not
// take each other's pods for leftovers; each node has one in there.
type groups struct {
	name string
	dirs []string
}

// newControlGroups makes a group in the one hierarchy of version 2, or in each of version 1.
func newControlGroups() (*groups, error) {
	g := &groups{name: fmt.Sprintf("/superoffice-webhook-%d", os.Getpid())}
	parents := []string{controlGroups}
	if _, err := os.Stat(filepath.Join(controlGroups, "cgroup.controllers")); err != nil {
		if parents, err = hierarchies(); err != nil {
			return nil, err
		}
	}
	for _, parent := range parents {
		dir := parent + g.name
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, errors.Join(fmt.Errorf("make a control group: %w", err), g.remove())
		}
		g.dirs = append(g.dirs, dir)
		for _, p := range places {
			if err := os.Mkdir(filepath.Join(dir, p.name), 0o755); err != nil {
				return nil, errors.Join(fmt.Errorf("make a control group: %w", err), g.remove())
			}
		}
	}
	return g, nil
}

// hierarchies leaves out links, by which some have several names.
func hierarchies() ([]string, error) {
	entries, err := os.ReadDir(controlGroups)
	if err != nil {
		return nil, fmt.Errorf("look for control groups: %w", err)
	}
	var dirs []string
	for _, entry := range entries {
		if entry.IsDir() {
			dirs = append(dirs, filepath.Join(controlGroups, entry.Name()))
		}
	}
	return dirs, nil
}

// remove waits a little for the kernel to be done with the processes that were in the groups.
func (g *groups) remove() error {
	var last error
	for range 50 {
		last = nil
		for _, dir := range g.dirs {
			if err := removeGroup(dir); err != nil {
				last = err
			}
		}
		if last == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("remove control groups: %w", last)
}

// removeGroup removes a group and those below it. Their files are not files and go with them.
func removeGroup(dir string) error {
	var dirs []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, each := range slices.Backward(dirs) {
		if err := os.Remove(each); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
