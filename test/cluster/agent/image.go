// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// program returns the program that stands for an image.
func (o Options) program(image string) (string, error) {
	repository := repository(image)
	path, known := o.Images[repository]
	if !known {
		return "", fmt.Errorf("no program stands for image %q; there are programs for %s",
			repository, strings.Join(slices.Sorted(maps.Keys(o.Images)), ", "))
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("program of image %q: %w", repository, err)
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("program of image %q: %w", repository, err)
	}
	return path, nil
}

// repository is an image's name without tag and digest. A colon before the last slash belongs to a registry's port.
func repository(image string) string {
	name, _, _ := strings.Cut(image, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name = name[:colon]
	}
	return name
}
