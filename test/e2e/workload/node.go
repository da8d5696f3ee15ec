// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// nodeRoot leads to the files of the node.
const nodeRoot = "/proc/1/root"

// makeDirectory makes ?path= on the node.
func makeDirectory(w http.ResponseWriter, r *http.Request) {
	path := filepath.Join(nodeRoot, filepath.Clean("/"+r.URL.Query().Get("path")))
	if err := os.MkdirAll(path, 0o755); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// minimalID is how long a part of a container's id has to be to mean no other.
const minimalID = 12

// kill ends the processes of ?container= without asking, as the kernel does when memory is short.
func kill(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("container")
	if len(id) < minimalID {
		http.Error(w, "container: no id", http.StatusBadRequest)
		return
	}
	killed := 0
	groups, _ := filepath.Glob("/proc/[0-9]*/cgroup")
	for _, path := range groups {
		group, err := os.ReadFile(path) // #nosec G304 -- of the glob
		if err != nil || !bytes.Contains(group, []byte(id)) {
			continue // one that has ended meanwhile, or another's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	if killed == 0 {
		http.Error(w, "no process", http.StatusNotFound)
		return
	}
	_, _ = fmt.Fprintln(w, killed)
}
