// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// What the receiver is compared with, each the first argument of this program.
const (
	// bare checks the signature and stores nothing: all that Go's server can do with these requests.
	bare = "bare"
	// syncEach also appends each event to a file and has the disk take it before the answer, one after the other.
	syncEach = "sync-each"
)

// serveBaseline runs one of them until the process is ended. It prints its address.
func serveBaseline(kind, dir string) error {
	keep := func([]byte) error { return nil }
	if kind == syncEach {
		file, err := os.Create(filepath.Join(dir, "events")) // #nosec G304 -- a directory of our own
		if err != nil {
			return err
		}
		var mu sync.Mutex
		keep = func(body []byte) error {
			mu.Lock()
			defer mu.Unlock()
			if _, err := file.Write(body); err != nil {
				return err
			}
			return file.Sync()
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // #nosec G114 -- nobody else calls
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "cut off", http.StatusBadRequest)
			return
		}
		if _, err := superoffice.Verify([]superoffice.Secret{secret}, body, r.Header.Get(superoffice.HeaderSignature)); err != nil {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		if err := keep(body); err != nil {
			http.Error(w, "not stored", http.StatusServiceUnavailable)
		}
	}))
}
