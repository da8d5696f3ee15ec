// SPDX-License-Identifier: Apache-2.0

package content

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Mount is a path at which a container expects a volume, and the directory where it really is.
type Mount struct{ Path, Dir string }

// Mounts are the mounts of a container, longest path first, so that one inside another wins.
type Mounts []Mount

// NewMounts returns the mounts in their order.
func NewMounts(mounts ...Mount) Mounts {
	for i := range mounts {
		mounts[i].Path = path.Clean(mounts[i].Path)
	}
	slices.SortFunc(mounts, func(a, b Mount) int { return cmp.Compare(len(b.Path), len(a.Path)) })
	return mounts
}

// Replace puts the real directories in the place of the paths that a text names, wherever a whole path begins and
// ends: /data is replaced in --dir=/data/queue and in /data:/more, but not in /database, /data.bak or /var/data.
func (m Mounts) Replace(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		if mount, ok := m.at(s, i); ok {
			out.WriteString(mount.Dir)
			i += len(mount.Path)
			continue
		}
		out.WriteByte(s[i])
		i++
	}
	return out.String()
}

// at returns the mount whose path stands at a position of the text.
func (m Mounts) at(s string, i int) (Mount, bool) {
	if s[i] != '/' || i > 0 && inPath(s[i-1]) {
		return Mount{}, false
	}
	for _, mount := range m {
		if rest, ok := strings.CutPrefix(s[i:], mount.Path); ok && (rest == "" || rest[0] == '/' || !inPath(rest[0])) {
			return mount, true
		}
	}
	return Mount{}, false
}

// inPath tells whether a character continues the name of a file.
func inPath(c byte) bool {
	return c == '/' || c == '.' || c == '-' || c == '_' ||
		c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
