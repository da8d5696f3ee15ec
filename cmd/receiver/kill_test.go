// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	killEvents  = 20_000
	kills       = 12
	connections = 8
	// retryPause is between the attempts to post an event. SuperOffice's take up to 5 seconds and are three; here each
	// event is posted until it is acknowledged.
	retryPause = 20 * time.Millisecond
)

// TestKill shows that what was acknowledged is never lost: while events are posted over several connections, the process
// is killed again and again, each time after another thirteenth of them was acknowledged, and the sink takes only about
// every second request. In the end the sink has every event byte for byte.
//
// Some events come more than once, which "at least once" allows, and which the log counts:
//   - the sink took it, and the process was killed before it had the answer or had written it down, which happens every
//     tenth of a second;
//   - the sink took it and hung up instead of saying so.
//
// That an event is posted twice is no reason: it is stored before it is acknowledged, and its repetition is recognised
// by the next process, too.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute or more until 20,000 events have come through a process that is killed 12 times")
	}
	sink := &unreliable{t: t}
	server := httptest.NewServer(sink)
	t.Cleanup(server.Close)
	one := raw("erp", server.URL)
	one.Delivery.Concurrency = config.DefaultConcurrency
	s := &storm{
		t: t, volume: mount(t, settings(one)), dir: t.TempDir(),
		// An address of its own: whoever gets the port of a process that was killed must not answer in its stead.
		host:  fmt.Sprintf("127.20.%d.%d", os.Getpid()>>8&0xff, os.Getpid()&0xff),
		acked: make(chan struct{}, killEvents),
	}
	s.restart()

	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for range connections {
		p := newPoster(t)
		all.Go(func() { s.post(ctx, p) })
	}
	s.kill(ctx)
	all.Wait()
	if ctx.Err() != nil {
		t.Fatalf("%d of %d events were acknowledged in time", len(s.acked), killEvents)
	}

	for left := s.receiver.sink(t, "erp").Pending; left > 0; { // how long they take is the machine's matter, as long as they get fewer
		eventually(t, func() string {
			got := s.receiver.sink(t, "erp")
			if got.Pending < left {
				left = got.Pending
				return ""
			}
			return fmt.Sprintf("%d events wait for the sink, whose last error is %q", got.Pending, got.LastError)
		})
	}
	if got := s.receiver.status(t).Queue.DeadLettered; got > 0 {
		t.Errorf("there are %d dead letters", got)
	}
	s.receiver.terminate()
	if code := s.receiver.exits(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	lost, again := sink.sum()
	if lost > 0 {
		t.Errorf("%d events were acknowledged and never delivered", lost)
	}
	t.Logf("%d kills, %d events: posted %d times more because there was no answer, %d of them stored before nonetheless; "+
		"the sink refused %d requests, took events %d times without saying so, and %d times again",
		kills, killEvents, s.retried.Load(), s.recognised.Load(), sink.refused.Load(), sink.silent.Load(), again)
}

// storm posts events to a receiver that is killed again and again.
type storm struct {
	t      *testing.T
	volume *volume
	dir    string
	host   string

	receiver *receiver
	address  atomic.Pointer[string] // where it is now

	turn                atomic.Int64
	acked               chan struct{} // once for each event
	retried, recognised atomic.Int64
}

func (s *storm) restart() {
	s.t.Helper()
	s.receiver = startOn(s.t, s.host, s.volume, s.dir)
	s.address.Store(&s.receiver.intake)
}

// kill kills the receiver after every share of acknowledged events and starts another on the same directory.
func (s *storm) kill(ctx context.Context) {
	s.t.Helper()
	for range kills {
		for range killEvents / (kills + 1) {
			select {
			case <-s.acked:
			case <-ctx.Done():
				return
			}
		}
		s.receiver.kill()
		s.restart()
	}
}

// post posts one event after the other until there are no more.
func (s *storm) post(ctx context.Context, p *poster) {
	for n := s.turn.Add(1); n <= killEvents && ctx.Err() == nil; n = s.turn.Add(1) {
		event := numbered(s.t, n)
		headers := header(secret, event)
		for attempt := 0; ; attempt++ {
			if attempt > 0 {
				headers.Set(superoffice.HeaderRetry, strconv.Itoa(attempt))
				s.retried.Add(1)
			}
			code, answer, err := p.post(ctx, *s.address.Load(), headers, event)
			if err == nil && code == http.StatusOK {
				if answer == "stored before" {
					s.recognised.Add(1)
				}
				s.acked <- struct{}{}
				break
			}
			select {
			case <-time.After(retryPause):
			case <-ctx.Done():
				return
			}
		}
	}
}

// numbered is one of the events, by its number from 1.
func numbered(t *testing.T, n int64) []byte {
	names := superoffice.ActivityEvents()
	return body(t, names[n%int64(len(names))], fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

// unreliable is a sink that takes every second request, and refuses the others in four ways in turn.
type unreliable struct {
	t        *testing.T
	requests atomic.Int64
	accepted [killEvents + 1]atomic.Int32 // by the number of the event
	refused  atomic.Int64
	silent   atomic.Int64
}

func (u *unreliable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // its sender was killed
		return
	}
	number := u.requests.Add(1)
	if number%2 == 0 {
		u.accept(body)
		return
	}
	switch number / 2 % 4 {
	case 0:
		u.refused.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	case 1:
		u.refused.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	case 2:
		u.refused.Add(1)
		panic(http.ErrAbortHandler) // hangs up
	case 3:
		u.silent.Add(1)
		panic(http.ErrAbortHandler)
	}
}

// accept counts an event, which must be as it was posted.
func (u *unreliable) accept(got []byte) {
	var n int64
	if e, err := superoffice.Parse(got); err == nil {
		n, _ = strconv.ParseInt(e.ID[strings.LastIndex(e.ID, "-")+1:], 10, 64)
	}
	if n < 1 || n > killEvents || !bytes.Equal(got, numbered(u.t, n)) {
		u.t.Errorf("the sink got what was not posted: %q", got)
		return
	}
	u.accepted[n].Add(1)
}

// sum returns how many events never came, and how many deliveries there were beyond the first.
func (u *unreliable) sum() (lost, again int) {
	for n := range u.accepted[1:] {
		if times := int(u.accepted[n+1].Load()); times > 0 {
			again += times - 1
		} else {
			lost++
		}
	}
	return lost, again
}
