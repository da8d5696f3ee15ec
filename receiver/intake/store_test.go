// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// faulty is a store that fails as it is told, which a real one cannot be made to do.
type faulty func(ctx context.Context) error

func (f faulty) Put(ctx context.Context, _ string, _ superoffice.DedupKey, _ queue.Message) (bool, error) {
	return false, f(ctx)
}

func (f faulty) Bury(ctx context.Context, _, _ string, _ queue.Message) error { return f(ctx) }

func (f faulty) Adopt(ctx context.Context, _ string, _ superoffice.DedupKey, _ *queue.Left) error {
	return f(ctx)
}

func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		store faulty
		want  intake.Reason
	}{
		"it is full":              {func(context.Context) error { return fmt.Errorf("store: %w", queue.ErrFull) }, intake.QueueFull},
		"it fails":                {func(context.Context) error { return errors.New("disk") }, intake.QueueFailed},
		"it gives up":             {func(context.Context) error { return context.DeadlineExceeded }, intake.QueueFailed},
		"it panics":               {func(context.Context) error { panic("a mistake") }, intake.InternalError},
		"it panics with an error": {func(context.Context) error { panic(http.ErrAbortHandler) }, intake.InternalError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts := newCounts()
			address := serve(t, intake.New(c.store, rules(), counts, logr.Discard()))
			for _, r := range []request{post(created), post([]byte("rubbish"))} {
				check(t, c.want, r.send(t, address), "")
			}
			counts.counted(t, map[intake.Reason]int{c.want: 2}, map[string]int{"current": 2})
			for _, r := range []request{unsigned(created), post(sample("test")), post(sample("contact.created"))} {
				if got := r.send(t, address); got.status >= 500 {
					t.Errorf("what is not to be stored is answered %d", got.status)
				}
			}
		})
	}
}

func TestStoreThatTakesTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, counts := time.Now(), newCounts()
		h := intake.New(faulty(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}), rules(), counts, logr.Discard())
		w := serveHere(h, post(created))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("answered %d", w.Code)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("SuperOffice waited %s", took)
		}
		if told := counts.latest().Took; told != 5*time.Second {
			t.Errorf("the observer is told of %s", told)
		}
	})
}

// serveHere lets a handler answer without a server.
func serveHere(h http.Handler, r request) *httptest.ResponseRecorder {
	q := httptest.NewRequest(http.MethodPost, "/webhook", bytes.NewReader(r.body))
	for _, line := range r.header {
		name, value, _ := strings.Cut(line, ": ")
		q.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	return w
}

func TestQueueThatIsFullOrClosed(t *testing.T) {
	t.Parallel()
	r := open(t, rules())
	small := limits
	small.MaxBytes = 256 << 10
	if err := r.queue.Configure(t.Context(), small); err != nil {
		t.Fatal(err)
	}
	large := func(i int) request {
		body := event(superoffice.ActivityCreated, fmt.Sprint(i))
		return post(append(body, bytes.Repeat([]byte(" "), limit-len(body))...))
	}
	for i := range 3 {
		check(t, intake.Stored, large(i).send(t, r.address), "")
	}
	check(t, intake.QueueFull, large(3).send(t, r.address), "")
	check(t, intake.Duplicate, large(2).send(t, r.address), "")
	if err := r.queue.Configure(t.Context(), limits); err != nil {
		t.Fatal(err)
	}
	check(t, intake.Stored, large(3).send(t, r.address), "")
	var stored [][]byte
	for i := range 4 {
		stored = append(stored, large(i).body)
	}
	r.holds(t, stored, nil)
	r.queue.Close()
	check(t, intake.QueueFailed, large(4).send(t, r.address), "")
	check(t, intake.QueueFailed, post([]byte("rubbish")).send(t, r.address), "")
	r.counts.counted(t, map[intake.Reason]int{
		intake.Stored: 4, intake.QueueFull: 1, intake.Duplicate: 1, intake.QueueFailed: 2,
	}, map[string]int{"current": 8})
}

// journal is a log that remembers its lines.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) logger(verbosity int) logr.Logger {
	return funcr.New(func(_, line string) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.lines = append(j.lines, line)
	}, funcr.Options{Verbosity: verbosity})
}

func TestLog(t *testing.T) {
	t.Parallel()
	const (
		fails = `"msg"="events cannot be stored; SuperOffice is told to try again" "error"="disk"`
		works = `"level"=0 "msg"="events can be stored again"`
	)
	disk, full := errors.New("disk"), fmt.Errorf("store: %w", queue.ErrFull)
	for name, c := range map[string]struct {
		stores []error
		want   []string
	}{
		"says nothing while all goes well":                 {[]error{nil, nil}, nil},
		"says once that storing fails":                     {[]error{nil, disk, disk, disk}, []string{fails}},
		"says once that it works again":                    {[]error{disk, disk, nil, nil}, []string{fails, works}},
		"says it each time":                                {[]error{disk, nil, disk, nil}, []string{fails, works, fails, works}},
		"does not say that the queue is full":              {[]error{full, nil, full}, nil},
		"does not take a full queue for one that works":    {[]error{disk, full, disk, nil}, []string{fails, works}},
		"says so as well when the first event cannot be":   {[]error{disk}, []string{fails}},
		"says nothing of what works if nothing has failed": {[]error{full, full, nil}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var j journal
			var next error
			h := intake.New(faulty(func(context.Context) error { return next }), rules(), newCounts(), j.logger(0))
			for i, err := range c.stores {
				next = err
				body := created
				if i%2 == 1 {
					body = []byte("rubbish") // both are stored
				}
				serveHere(h, post(body))
			}
			if diff := cmp.Diff(c.want, j.lines); diff != "" {
				t.Errorf("(-want +logged)\n%s", diff)
			}
		})
	}
	t.Run("says it once, however many fail at the same time", func(t *testing.T) {
		t.Parallel()
		var j journal
		h := intake.New(faulty(func(context.Context) error { return disk }), rules(), newCounts(), j.logger(0))
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { serveHere(h, post(created)) })
		}
		all.Wait()
		if diff := cmp.Diff([]string{fails}, j.lines); diff != "" {
			t.Errorf("(-want +logged)\n%s", diff)
		}
	})
	t.Run("says every failure when asked for", func(t *testing.T) {
		t.Parallel()
		var j journal
		h := intake.New(faulty(func(context.Context) error { return disk }), rules(), newCounts(), j.logger(1))
		for range 3 {
			serveHere(h, post(created))
		}
		one := `"level"=1 "msg"="an event was not stored" "reason"="disk"`
		if diff := cmp.Diff([]string{fails, one, one}, j.lines); diff != "" {
			t.Errorf("(-want +logged)\n%s", diff)
		}
	})
	t.Run("says every panic", func(t *testing.T) {
		t.Parallel()
		var j journal
		h := intake.New(faulty(func(context.Context) error { panic("a mistake") }), rules(), newCounts(), j.logger(0))
		for range 2 {
			serveHere(h, post(created))
		}
		one := `"msg"="a request could not be handled" "error"="panic in intake" "panic"="a mistake"`
		if diff := cmp.Diff([]string{one, one}, j.lines); diff != "" {
			t.Errorf("(-want +logged)\n%s", diff)
		}
	})
	t.Run("says nothing of what anybody can send", func(t *testing.T) {
		t.Parallel()
		var j journal
		h := intake.New(faulty(func(context.Context) error { return nil }), rules(), newCounts(), j.logger(0))
		for _, r := range []request{
			unsigned(created), unsigned(created).signed(stranger), unsigned(created).with("X-SuperOffice-Signature: x"), post(padded(limit + 1)),
			unsigned(sample("test")), post([]byte("rubbish")), post(sample("contact.created")), post(created).with("Content-Encoding: gzip"),
		} {
			serveHere(h, r)
		}
		if len(j.lines) > 0 {
			t.Errorf("logged %q", j.lines)
		}
	})
}
