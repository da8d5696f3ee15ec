// SPDX-License-Identifier: Apache-2.0

package process

import (
	"io"
	"os"
)

// tailSize is how much of a log tells why a program ended, in bytes.
const tailSize = 4 << 10

// Tail returns the last lines of a log file, to be shown in an error. A file that cannot be read has none.
func Tail(path string) string {
	f, err := os.Open(path) // #nosec G304 -- a log of our own
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > tailSize {
		if _, err := f.Seek(-tailSize, io.SeekEnd); err != nil {
			return ""
		}
	}
	data, _ := io.ReadAll(f)
	return string(data)
}
