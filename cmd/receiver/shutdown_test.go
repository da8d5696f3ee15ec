// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestShutdown is the end of a receiver in order, from SIGTERM to exit code 0.
func TestShutdown(t *testing.T) {
	t.Parallel()
	t.Run("takes readiness back and accepts events for a while", func(t *testing.T) {
		t.Parallel()
		const delay = 10 * time.Second // time enough for a few requests, whatever else the machine does
		sink := serve(t, nil)
		r := start(t, mount(t, settings(raw("erp", sink.URL))), t.TempDir(), "--shutdown-delay", delay.String())
		asked := time.Now()
		r.terminate()
		r.shutsDown(t)
		event := fresh(t, superoffice.ActivityCreated)
		r.accepts(t, newPoster(t), event)
		if code, body := r.asks(t, "/healthz"); code != http.StatusOK {
			t.Errorf("it shall be restarted while it shuts down: %d %s", code, body)
		}
		r.ends(t, 0)
		if took := time.Since(asked); took < delay {
			t.Errorf("it ended after %s", took)
		}
		if !sink.has(event) {
			t.Error("what was accepted last was not delivered")
		}
	})
	t.Run("delivers what is stored after it has closed its door", func(t *testing.T) {
		t.Parallel()
		const events = 20
		gate := make(chan struct{})
		open := sync.OnceFunc(func() { close(gate) })
		sink := serve(t, func(http.ResponseWriter) { <-gate })
		t.Cleanup(open)
		patient := raw("erp", sink.URL)
		patient.HTTP.Timeout = config.Duration(2 * patience)
		r := start(t, mount(t, settings(patient)), t.TempDir(), "--drain-timeout", (2 * patience).String())
		p := newPoster(t)
		for range events {
			r.accepts(t, p, fresh(t, superoffice.ActivityChanged))
		}
		r.terminate()
		r.closes(t)
		r.shutsDown(t)
		if got := r.sink(t, "erp").Pending; got != events {
			t.Errorf("%d events wait for the sink, want %d", got, events)
		}
		open()
		r.ends(t, 0)
		if got := len(sink.got()); got != events {
			t.Errorf("%d events were delivered, want %d", got, events)
		}
	})
	t.Run("answers requests under way", func(t *testing.T) {
		t.Parallel()
		sink := serve(t, nil)
		r := start(t, mount(t, settings(raw("erp", sink.URL))), t.TempDir())
		event := fresh(t, superoffice.ActivityCreated)
		body, answered := r.begins(t, event)
		r.terminate()
		r.closes(t)
		_, _ = body.Write(event) // the answer tells whether it came
		body.Close()
		if code := <-answered; code != http.StatusOK {
			t.Errorf("answered with %d", code)
		}
		r.ends(t, 0)
		if !sink.has(event) {
			t.Error("the event was not delivered")
		}
	})
	t.Run("leaves what a dead sink did not take to the next process", func(t *testing.T) {
		t.Parallel()
		const events = 50
		v, dir := mount(t, settings(raw("erp", nobody))), t.TempDir()
		r, p := start(t, v, dir, "--drain-timeout", "1s"), newPoster(t)
		var kept [][]byte
		for range events {
			kept = append(kept, fresh(t, superoffice.ActivityDeleted))
			r.accepts(t, p, kept[len(kept)-1])
		}
		r.terminate()
		r.ends(t, events)

		sink := serve(t, nil)
		v.write(t, map[string]string{configFile: text(t, settings(raw("erp", sink.URL)))})
		r = start(t, v, dir)
		for _, event := range kept {
			sink.gets(t, event)
		}
		r.settles(t, "erp")
		r.terminate()
		r.ends(t, 0)
	})
	t.Run("does not wait for sinks that are suspended", func(t *testing.T) {
		t.Parallel()
		c := settings(raw("erp", nobody))
		c.Suspend = true
		r := start(t, mount(t, c), t.TempDir(), "--drain-timeout", "1h")
		r.accepts(t, newPoster(t), fresh(t, superoffice.ActivityCreated))
		r.terminate()
		r.ends(t, 1)
	})
	t.Run("follows on Ctrl-C, too", func(t *testing.T) {
		t.Parallel()
		r := start(t, mount(t, settings(raw("erp", nobody))), t.TempDir())
		r.Signal(syscall.SIGINT)
		r.ends(t, 0)
	})
	t.Run("follows on SIGTERM while it starts", func(t *testing.T) {
		t.Parallel()
		v := mount(t, settings(raw("erp", nobody)))
		content := v.files[configFile]
		// Reading the configuration is where it can be held up.
		path := filepath.Join(v.dir.Path(), "pipe")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		r := launch(t, "", "--config", path, "--data-dir", t.TempDir())
		pipe, err := os.OpenFile(path, os.O_WRONLY, 0) // waits until the receiver reads
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(v.config(), path); err != nil { // for when it reads again
			t.Fatal(err)
		}
		r.terminate()
		if _, err := pipe.WriteString(content); err != nil {
			t.Fatal(err)
		}
		if err := pipe.Close(); err != nil {
			t.Fatal(err)
		}
		if code := r.exits(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

// shutsDown waits until the receiver is not ready any more.
func (r *receiver) shutsDown(t *testing.T) {
	t.Helper()
	eventually(t, func() string {
		code, body := r.asks(t, "/readyz")
		if code != http.StatusServiceUnavailable || !strings.Contains(body, "shutting down") {
			return fmt.Sprintf("readiness is %d %q", code, body)
		}
		return ""
	})
	if s := r.status(t); s.Ready || !strings.Contains(s.Queue.Error, "shutting down") {
		t.Errorf("the status is %+v", s)
	}
}

// closes waits until the receiver takes no new connection.
func (r *receiver) closes(t *testing.T) {
	t.Helper()
	eventually(t, func() string {
		if _, _, err := newPoster(t).post(t.Context(), r.intake, nil, nil); err == nil {
			return "it still answers SuperOffice"
		}
		return ""
	})
}

// begins posts an event but for its body, which is to be written once the receiver reads it.
func (r *receiver) begins(t *testing.T, event []byte) (body io.WriteCloser, answered <-chan int) {
	t.Helper()
	reading, status := make(chan struct{}), make(chan int, 1)
	reader, writer := io.Pipe()
	t.Cleanup(func() { writer.Close() })
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got100Continue: func() { close(reading) },
	}), http.MethodPost, r.intake, reader)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = int64(len(event))
	request.Header = header(secret, event)
	request.Header.Set("Expect", "100-continue")
	transport := &http.Transport{ExpectContinueTimeout: patience}
	t.Cleanup(transport.CloseIdleConnections)
	go func() { // ends with the answer
		answer, err := transport.RoundTrip(request)
		if err != nil {
			status <- 0
			return
		}
		answer.Body.Close()
		status <- answer.StatusCode
	}()
	select {
	case <-reading:
	case <-time.After(patience):
		t.Fatal("the receiver does not read the body")
	}
	return writer, status
}

// ends waits for the end in order, after which a number of events is undelivered.
func (r *receiver) ends(t *testing.T, undelivered int) {
	t.Helper()
	if code := r.exits(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := r.logs(t, "shut down")["undelivered"]; got != float64(undelivered) {
		t.Errorf("%v events are undelivered, want %d", got, undelivered)
	}
}
