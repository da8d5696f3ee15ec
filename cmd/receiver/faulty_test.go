// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// faulty is a sink that fails until it is mended.
type faulty struct {
	sink  config.Sink // as it is configured at first
	taken *endpoint   // what it took
	// mend has it work, and returns how it is configured from then on and with which files beside it.
	mend func() (config.Sink, map[string]string)
	// holds looks closer at what is special about this fault, while it lasts.
	holds func(*testing.T)
}

// failing is a sink that handles requests by a function until it is mended.
func failing(t *testing.T, fail http.HandlerFunc) *faulty {
	t.Helper()
	var mended atomic.Bool
	taken := serve(t, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // only then is seen that the other side hangs up
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if mended.Load() {
			taken.ServeHTTP(w, r)
		} else {
			fail(w, r)
		}
	}))
	t.Cleanup(server.Close)
	f := &faulty{sink: raw("erp", server.URL), taken: taken}
	f.mend = func() (config.Sink, map[string]string) {
		mended.Store(true)
		return f.sink, nil
	}
	return f
}

// answering makes sinks that answer with a status, configured in a way of their own.
func answering(status int, configure func(*config.Sink)) func(*testing.T) *faulty {
	return func(t *testing.T) *faulty {
		t.Helper()
		f := failing(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, "not today")
		})
		configure(&f.sink)
		return f
	}
}

func asUsual(*config.Sink) {}

// slow takes everything, and says so only once it is mended.
func slow(t *testing.T) *faulty {
	t.Helper()
	mended := make(chan struct{})
	mend := sync.OnceFunc(func() { close(mended) })
	var f *faulty
	f = failing(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-mended:
			f.taken.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
	t.Cleanup(mend) // before the server is closed, which waits for its requests
	f.sink.HTTP.Timeout = config.Duration(2 * patience)
	f.mend = func() (config.Sink, map[string]string) {
		mend()
		return f.sink, nil
	}
	return f
}

// hanging never answers.
func hanging(t *testing.T) *faulty {
	t.Helper()
	f := failing(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f.sink.HTTP.Timeout = config.Duration(500 * time.Millisecond)
	return f
}

func hangingUp(t *testing.T) *faulty {
	t.Helper()
	return failing(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// hurried wants a pause, and looks whether it gets it.
func hurried(t *testing.T) *faulty {
	t.Helper()
	const pause = time.Second
	var mu sync.Mutex
	last, pauses, seen := map[string]time.Time{}, 0, false
	f := failing(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if before, again := last[string(body)]; again && !seen {
			pauses++
			if got := time.Since(before); got < pause {
				t.Errorf("an event came again after %s", got)
			}
		}
		last[string(body)] = time.Now()
		w.Header().Set("Retry-After", fmt.Sprint(pause.Seconds()))
		w.WriteHeader(http.StatusTooManyRequests)
	})
	f.holds = func(t *testing.T) {
		t.Helper()
		eventually(t, func() string {
			mu.Lock()
			defer mu.Unlock()
			if pauses < faultyEvents {
				return fmt.Sprintf("events came again %d times", pauses)
			}
			return ""
		})
		mu.Lock()
		defer mu.Unlock()
		seen = true // what is stored of a pause when the process ends is less exact
	}
	return f
}

// redirecting leads to where nobody declared events to go.
func redirecting(t *testing.T) *faulty {
	t.Helper()
	elsewhere := serve(t, nil)
	f := failing(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", elsewhere.URL)
		w.WriteHeader(http.StatusFound)
		fmt.Fprint(w, "not here")
	})
	f.holds = func(t *testing.T) {
		t.Helper()
		if n := len(elsewhere.got()); n > 0 {
			t.Errorf("%d requests went to where the sink pointed", n)
		}
	}
	return f
}

// absent listens only once it is mended.
func absent(t *testing.T) *faulty {
	t.Helper()
	// An address of its own, so that nobody else gets the port meanwhile.
	l, err := net.Listen("tcp", fmt.Sprintf("127.21.%d.%d:0", os.Getpid()>>8&0xff, os.Getpid()&0xff))
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	f := &faulty{sink: raw("erp", "http://"+address), taken: serve(t, nil)}
	f.mend = func() (config.Sink, map[string]string) {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(f.taken)
		server.Listener.Close()
		server.Listener = l
		server.Start()
		t.Cleanup(server.Close)
		return f.sink, nil
	}
	return f
}

// nameless has a name that nobody can resolve (RFC 2606), until it is configured with one that exists.
func nameless(t *testing.T) *faulty {
	t.Helper()
	f := &faulty{sink: raw("erp", "http://erp.invalid/"), taken: serve(t, nil)}
	f.sink.HTTP.Timeout = config.Duration(500 * time.Millisecond) // where no name server answers
	f.mend = func() (config.Sink, map[string]string) { return raw("erp", f.taken.URL), nil }
	return f
}

// untrusted has a certificate of an authority that nobody knows, until it is configured.
func untrusted(t *testing.T) *faulty {
	t.Helper()
	taken := serve(t, nil)
	server := httptest.NewUnstartedServer(taken)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that end early
	server.StartTLS()
	t.Cleanup(server.Close)
	f := &faulty{sink: raw("erp", server.URL), taken: taken}
	f.mend = func() (config.Sink, map[string]string) {
		const file = "secrets/sinks/authority"
		mended := raw("erp", server.URL)
		mended.HTTP.TLS = &config.TLS{CAFile: file}
		return mended, map[string]string{
			file: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
		}
	}
	return f
}
