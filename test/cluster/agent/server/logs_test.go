// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// write adds to a log.
func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func TestContainerLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	current, before := filepath.Join(dir, "1.log"), filepath.Join(dir, "0.log")
	write(t, current, "one\ntwo\nthree\n")
	write(t, before, "earlier\n")
	ended := make(chan struct{})
	close(ended)
	n := start(t, pods{logs: map[string]Log{
		"main": {Path: current, Ended: ended}, "main before": {Path: before, Ended: ended}, "lost": {Path: filepath.Join(dir, "missing"), Ended: ended},
	}})
	for query, want := range map[string]string{
		"":                          "one\ntwo\nthree\n",
		"?stream=All":               "one\ntwo\nthree\n",
		"?previous=true":            "earlier\n",
		"?previous=false":           "one\ntwo\nthree\n",
		"?tailLines=2":              "two\nthree\n",
		"?tailLines=0":              "",
		"?tailLines=99":             "one\ntwo\nthree\n",
		"?limitBytes=5":             "one\nt",
		"?limitBytes=0":             "",
		"?tailLines=1&limitBytes=3": "thr",
		"?follow=true":              "one\ntwo\nthree\n", // it has ended
		"?follow=true&tailLines=1":  "three\n",
	} {
		t.Run("main"+query, func(t *testing.T) {
			t.Parallel()
			if status, got := n.get(t, "/containerLogs/shop/web/main"+query); status != http.StatusOK || got != want {
				t.Errorf("status %d, %q, want %q", status, got, want)
			}
		})
	}
	t.Run("a file that is lost", func(t *testing.T) {
		t.Parallel()
		if status, _ := n.get(t, "/containerLogs/shop/web/lost"); status != http.StatusInternalServerError {
			t.Errorf("status %d", status)
		}
	})
}

// following begins to follow a log of one line, and returns when that line has come.
func following(ctx context.Context, t *testing.T, n node) *bufio.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("https://127.0.0.1:%d/containerLogs/shop/web/main?follow=true", n.Port()), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := n.client(t, n.authority, apiServer).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewReader(response.Body)
	if line, err := lines.ReadString('\n'); line != "one\n" {
		t.Fatalf("got %q, error %v", line, err)
	}
	return lines
}

func TestFollow(t *testing.T) {
	t.Parallel()
	t.Run("sends what is written, as it is written, until the log has ended", func(t *testing.T) {
		t.Parallel()
		path, ended := filepath.Join(t.TempDir(), "log"), make(chan struct{})
		write(t, path, "one\n")
		lines := following(t.Context(), t, start(t, pods{logs: map[string]Log{"main": {Path: path, Ended: ended}}}))
		for _, want := range []string{"two\n", "three\n"} {
			write(t, path, want)
			if line, err := lines.ReadString('\n'); line != want {
				t.Errorf("got %q, error %v, want %q", line, err, want)
			}
		}
		<-time.After(followInterval / 2) // it is at rest then, between two looks
		write(t, path, "the last")
		close(ended)
		if rest, err := io.ReadAll(lines); err != nil || string(rest) != "the last" {
			t.Errorf("then %q, error %v", rest, err)
		}
	})
	for name, end := range map[string]func(n node, leave func()){
		"ends with the server":           func(n node, _ func()) { n.Stop() },
		"ends when the reader goes away": func(_ node, leave func()) { leave() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "log")
			write(t, path, "one\n")
			n := start(t, pods{logs: map[string]Log{"main": {Path: path, Ended: make(chan struct{})}}})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			lines := following(ctx, t, n)
			end(n, cancel)
			_, _ = io.ReadAll(lines)
			stopped := make(chan struct{})
			go func() {
				n.Stop()
				close(stopped)
			}()
			select {
			case <-stopped:
			case <-time.After(patience):
				t.Error("the server does not stop")
			}
		})
	}
}

func TestTailOffset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		log   string
		lines int64
		want  string
	}{
		{"", 0, ""},
		{"", 5, ""},
		{"\n", 0, ""},
		{"\n", 1, "\n"},
		{"one", 0, ""},
		{"one", 1, "one"},
		{"one\n", 1, "one\n"},
		{"one\ntwo", 1, "two"},
		{"one\ntwo\n", 1, "two\n"},
		{"one\ntwo\n", 2, "one\ntwo\n"},
		{"one\ntwo\n", 3, "one\ntwo\n"},
		{"one\n\n\n", 2, "\n\n"},
		{"\none\n", 2, "\none\n"},
	} {
		if got := c.log[tailOffset([]byte(c.log), c.lines):]; got != c.want {
			t.Errorf("the last %d lines of %q are %q, want %q", c.lines, c.log, got, c.want)
		}
	}
}

func TestLimited(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := &limited{w: &out, left: 5}
	if n, err := l.Write([]byte("one")); n != 3 || err != nil {
		t.Errorf("wrote %d, error %v", n, err)
	}
	if n, err := l.Write([]byte("two")); n != 2 || err == nil {
		t.Errorf("wrote %d, error %v", n, err)
	}
	if got := out.String(); got != "onetw" {
		t.Errorf("got %q", got)
	}
}
