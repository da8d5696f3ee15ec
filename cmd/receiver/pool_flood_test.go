// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// flooded is a pool of one webhook that is flooded, whose sink is down and whose queue is small, and of two others.
func flooded(t *testing.T) (r *receiver, sinks map[string]*endpoint) {
	t.Helper()
	sinks = map[string]*endpoint{"crm": serve(t, nil), "erp": serve(t, nil)}
	small := one("flooded", raw("sink", nobody))
	small.Queue.MaxBytes = smallQueue
	all := map[string]*config.Config{"flooded": small}
	for name, sink := range sinks {
		all[name] = one(name, raw("sink", sink.URL))
	}
	v := mountPool(t, all)
	v.write(t, map[string]string{"flooded/" + currentFile: secret})
	return startPool(t, v, t.TempDir()), sinks
}

// unmoved posts events to the others, a hundred a second to each, until stop is called. Each must be accepted and delivered.
func unmoved(t *testing.T, r *receiver, sinks map[string]*endpoint) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var posting sync.WaitGroup
	var mu sync.Mutex
	accepted, slowest := map[string][]string{}, time.Duration(0)
	for name := range sinks {
		p, tick := newPoster(t), time.NewTicker(10*time.Millisecond)
		posting.Go(func() {
			defer tick.Stop()
			for {
				select {
				case <-done:
					return
				case <-tick.C:
				}
				event, began := fresh(t, superoffice.ActivityCreated), time.Now()
				code, answer, err := p.post(t.Context(), r.intake+pathOf(name), header(secretOf(name), event), event)
				if err != nil || code != http.StatusOK {
					t.Errorf("%s answers %d %q, error %v", name, code, answer, err)
					return
				}
				mu.Lock()
				accepted[name], slowest = append(accepted[name], string(event)), max(slowest, time.Since(began))
				mu.Unlock()
			}
		})
	}
	end := sync.OnceFunc(func() {
		close(done)
		posting.Wait()
	})
	t.Cleanup(end)
	return func() {
		t.Helper()
		end()
		for name, events := range accepted {
			r.member(name).settles(t, "sink")
			if n := len(sinks[name].lacks(events)); n > 0 {
				t.Errorf("%d of %d events of %s did not come", n, len(events), name)
			}
			t.Logf("%s: %d events accepted and delivered meanwhile", name, len(events))
		}
		t.Logf("the slowest answer took %s", slowest.Round(time.Millisecond))
		if code, body := r.asks(t, "/readyz"); code != http.StatusOK {
			t.Errorf("readiness: %d %s", code, body)
		}
	}
}

// TestPoolWithAFullQueue fills the queue of one webhook. The others have theirs.
func TestPoolWithAFullQueue(t *testing.T) {
	t.Parallel()
	r, sinks := flooded(t)
	stop := unmoved(t, r, sinks)
	m, p := r.member("flooded"), newPoster(t)
	_, refused := m.fills(t, p)
	if code, answer, err := p.post(t.Context(), m.intake, header(secret, refused), refused); err != nil || code != http.StatusServiceUnavailable {
		t.Errorf("answered with %d %q, error %v", code, answer, err)
	}
	if s := m.status(t); s.Ready || !strings.Contains(s.Queue.Error, "full") {
		t.Errorf("the status: %+v", s)
	}
	stop()
}

// TestPoolUnderFlood posts to one webhook as fast as the machine can, valid events and forged ones.
func TestPoolUnderFlood(t *testing.T) {
	t.Parallel()
	const connections, lasts = 32, 5 * time.Second
	r, sinks := flooded(t)
	stop := unmoved(t, r, sinks)
	m := r.member("flooded")
	var posting sync.WaitGroup
	var answers [600]atomic.Int64
	end := time.Now().Add(lasts)
	for i := range connections {
		p := newPoster(t)
		by := secret
		if i%2 == 0 {
			by = "guessed"
		}
		posting.Go(func() {
			for time.Now().Before(end) {
				event := fresh(t, superoffice.ActivityCreated)
				code, _, err := p.post(t.Context(), m.intake, header(by, event), event)
				if err != nil {
					t.Error(err)
					return
				}
				answers[code].Add(1)
			}
		})
	}
	posting.Wait()
	stop()
	t.Logf("the flood was answered with 200 %d times, 401 %d times, 503 %d times",
		answers[200].Load(), answers[401].Load(), answers[503].Load())
}

// TestPoolWithSlowRequests has strangers hold large bodies, and more requests than one webhook may have, without an end.
func TestPoolWithSlowRequests(t *testing.T) {
	t.Parallel()
	r, sinks := flooded(t)
	m := r.member("flooded")
	large := []byte(strings.Repeat(" ", 512<<10))

	t.Run("large bodies are held up to half of what all may hold", func(t *testing.T) {
		const most = intake.MaxHeldBytes / 2 / (512<<10 - 16<<10)
		eventually(t, func() string { // those that come at the same time may push each other out
			for range most {
				m.holds(t, len(large), large[1:])
			}
			if code, answer := r.posts(t, "flooded", large); code != http.StatusServiceUnavailable || !strings.Contains(answer, "too many large bodies") {
				return fmt.Sprintf("one more is answered with %d %s", code, answer)
			}
			return ""
		})
		for name := range sinks {
			if code, answer := r.posts(t, name, large); code != http.StatusOK {
				t.Errorf("the same at %s is answered with %d %s", name, code, answer)
			}
		}
		event := fresh(t, superoffice.ActivityCreated)
		m.accepts(t, newPoster(t), event)
	})
	t.Run("requests are half of what all may have", func(t *testing.T) {
		if len(buildFlags) > 0 {
			t.Skip("with the race detector, the first ones may run out of time before the last ones are there")
		}
		stop := unmoved(t, r, sinks)
		for range intake.MaxConnections / 2 {
			m.holds(t, 10, nil)
		}
		eventually(t, func() string {
			if code, answer := r.posts(t, "flooded", nil); code != http.StatusServiceUnavailable || !strings.Contains(answer, "too many requests of this webhook") {
				return fmt.Sprintf("one more is answered with %d %s", code, answer)
			}
			return ""
		})
		if got := r.metric(t, `superoffice_webhook_requests_total{code="503",reason="TooManyAtOnce",webhook="flooded"}`); got == 0 {
			t.Error("they are not counted")
		}
		stop()
	})
}

// holds begins a request whose body does not end before the test does.
func (r *receiver) holds(t *testing.T, length int, body []byte) {
	t.Helper()
	host, path, _ := strings.Cut(strings.TrimPrefix(r.intake, "http://"), "/")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := fmt.Fprintf(conn, "POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", path, length); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(conn, bytes.NewReader(body)); err != nil {
		t.Fatal(err)
	}
}

// posts tries one webhook over a connection of its own, with what is signed by its secret.
func (r *receiver) posts(t *testing.T, name string, body []byte) (code int, answer string) {
	t.Helper()
	by := secretOf(name)
	if name == "flooded" {
		by = secret
	}
	code, answer, err := newPoster(t).post(t.Context(), r.intake+pathOf(name), header(by, body), body)
	if err != nil {
		return 0, err.Error()
	}
	return code, answer
}
