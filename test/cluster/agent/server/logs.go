// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// followInterval is how often a log that is followed is looked at.
const followInterval = 100 * time.Millisecond

// logOptions are what kubectl logs asks for.
type logOptions struct {
	follow, previous bool
	// tail is the number of last lines to begin with, and limit that of bytes to end with; -1 for all.
	tail, limit int64
}

func parseLogOptions(q url.Values) (logOptions, error) {
	for _, name := range []string{"timestamps", "sinceSeconds", "sinceTime"} {
		if q.Has(name) {
			return logOptions{}, fmt.Errorf("%s is not offered: this node keeps what processes write, without times", name)
		}
	}
	if stream := q.Get("stream"); stream != "" && stream != "All" {
		return logOptions{}, errors.New("stream is not offered: this node keeps stdout and stderr in one file")
	}
	o := logOptions{follow: q.Get("follow") == "true", previous: q.Get("previous") == "true"}
	var err error
	if o.tail, err = number(q, "tailLines"); err != nil {
		return logOptions{}, err
	}
	o.limit, err = number(q, "limitBytes")
	return o, err
}

func number(q url.Values, name string) (int64, error) {
	if !q.Has(name) {
		return -1, nil
	}
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is no number: %q", name, q.Get(name))
	}
	return n, nil
}

func (s *Server) containerLogs(w http.ResponseWriter, r *http.Request) {
	o, err := parseLogOptions(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	log, err := s.pods.Log(r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container"), o.previous)
	if err != nil {
		// As kubelet does: of this status only, the API server passes the text on to kubectl.
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f, err := os.Open(log.Path)
	if err != nil {
		refuse(w, err)
		return
	}
	defer func() { _ = f.Close() }()
	if err := seekTail(f, o.tail); err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	var out io.Writer = flushing{w, http.NewResponseController(w)}
	if o.limit >= 0 {
		out = &limited{w: out, left: o.limit}
	}
	// The reader may go away at any time; there is nobody left to tell.
	if o.follow {
		_ = follow(r.Context(), out, f, log.Ended)
		return
	}
	_, _ = io.Copy(out, f)
}

// follow copies what is there and what is added until the log has ended.
func follow(ctx context.Context, out io.Writer, f *os.File, ended <-chan struct{}) error {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		if _, err := io.Copy(out, f); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			_, err := io.Copy(out, f)
			return err
		case <-ticker.C:
		}
	}
}

// seekTail moves to the beginning of the last lines. It reads the whole file: logs are short here.
func seekTail(f *os.File, lines int64) error {
	if lines < 0 {
		return nil
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	_, err = f.Seek(tailOffset(data, lines), io.SeekStart)
	return err
}

// tailOffset is where the last lines begin; a last line without an end counts.
func tailOffset(data []byte, lines int64) int64 {
	end := len(data)
	if lines > 0 {
		data = bytes.TrimSuffix(data, []byte("\n"))
	}
	for ; lines > 0; lines-- {
		newline := bytes.LastIndexByte(data, '\n')
		if newline < 0 {
			return 0
		}
		data, end = data[:newline], newline+1
	}
	return int64(end)
}

// flushing sends what is written at once.
type flushing struct {
	w       io.Writer
	control *http.ResponseController
}

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err != nil {
		return n, err
	}
	return n, f.control.Flush()
}

// errLimit ends a copy; the reader has got what it asked for.
var errLimit = errors.New("limit reached")

type limited struct {
	w    io.Writer
	left int64
}

func (l *limited) Write(p []byte) (int, error) {
	if int64(len(p)) > l.left {
		n, err := l.w.Write(p[:l.left])
		l.left -= int64(n)
		if err == nil {
			err = errLimit
		}
		return n, err
	}
	n, err := l.w.Write(p)
	l.left -= int64(n)
	return n, err
}
