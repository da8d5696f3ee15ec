// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/peer"
)

func TestAnEventWaitsUntilTheServerIsUp(t *testing.T) {
	t.Parallel()
	b := serve(t)
	b.kill()
	s := open(t, b.address)
	for range 20 { // more than there are connections
		if err := sinktest.Cause(t, s, numbered(t, 1)); !strings.Contains(err.Error(), "connection refused") {
			t.Fatalf("it says %q", err)
		}
	}
	if !b.start() {
		t.Fatal("the server did not start:\n" + b.output())
	}
	sinktest.Delivered(t, s, numbered(t, 1))
}

func TestNothingThatWasAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	b := serve(t)
	s := open(t, b.address)
	var want []string
	for n := range 30 {
		if n%10 == 9 {
			b.kill()
			sinktest.Cause(t, s, numbered(t, n))
			if !b.start() {
				t.Fatal("the server did not start:\n" + b.output())
			}
		}
		sinktest.EventuallyDelivered(t, s, numbered(t, n))
		want = append(want, fmt.Sprintf("%d/a.b", n))
	}
	if got := b.ids(); got != fmt.Sprint(want) {
		t.Errorf("the stream holds %s", got)
	}
}

func TestNothingThatWasAcknowledgedIsLostWhenTheServerIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	b := serve(t)
	s := open(t, b.address)
	var (
		mu           sync.Mutex
		acknowledged []string
		all          sync.WaitGroup
	)
	enough, stop := context.WithCancel(t.Context())
	half := make(chan struct{})
	for sender := range 4 {
		all.Go(func() {
			for n := 0; enough.Err() == nil; n++ {
				m := message(t, fmt.Sprintf(`{"Event":"a.b","EventId":"%d-%d"}`, sender, n))
				if s.Send(t.Context(), m) != (sink.Delivered{}) {
					continue
				}
				mu.Lock()
				acknowledged = append(acknowledged, m.Event.DedupKey().String())
				if len(acknowledged) == 200 {
					close(half)
				}
				mu.Unlock()
			}
		})
	}
	sinktest.Receive(t, half)
	b.kill()
	stop()
	all.Wait()
	if !b.start() {
		t.Fatal("the server did not start:\n" + b.output())
	}
	var there []string
	for _, e := range b.stored(key) {
		there = append(there, e.get("id"))
	}
	for _, id := range acknowledged {
		if !slices.Contains(there, id) {
			t.Errorf("%s is lost", id)
		}
	}
}

func TestConcurrentSendsUseNoMoreConnectionsThanTheyMay(t *testing.T) {
	t.Parallel()
	b := serve(t)
	s := open(t, b.address, func(o *Options) { o.Concurrency = 4 })
	before := b.connections()
	const senders, each = 16, 25
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for n := range each {
				m := message(t, fmt.Sprintf(`{"Event":"a.b","EventId":"%d-%d"}`, sender, n))
				if got := s.Send(t.Context(), m); got != (sink.Delivered{}) {
					t.Errorf("%#v", got)
				}
			}
		})
	}
	all.Wait()
	if n := len(b.stored(key)); n != senders*each {
		t.Errorf("%d entries, want %d", n, senders*each)
	}
	if n := b.connections() - before; n > 4 {
		t.Errorf("%d connections, want at most 4", n)
	}
}

// blocked is a server that accepts an event and answers only when it is let go.
func blocked(t *testing.T, s *Sink, b *broker) {
	t.Helper()
	sinktest.Delivered(t, s, numbered(t, 0)) // so that the connection is there already
	if err := b.admin.Do(t.Context(), "CLIENT", "PAUSE", time.Hour.Milliseconds(), "WRITE").Err(); err != nil {
		t.Fatal(err)
	}
}

// sendAside sends from another goroutine, and returns once something has happened.
func sendAside(ctx context.Context, t *testing.T, s *Sink, happened func() string) <-chan sink.Outcome {
	t.Helper()
	outcome := make(chan sink.Outcome, 1)
	m := sample(t)
	go func() { outcome <- s.Send(ctx, m) }()
	sinktest.Await(t, happened)
	return outcome
}

// waiting tells whether a client's command is held back by a pause.
func (b *broker) waiting() string {
	info, err := b.admin.Info(b.t.Context(), "clients").Result()
	if err != nil {
		return err.Error()
	}
	if strings.Contains(info, "blocked_clients:1") {
		return ""
	}
	return "no command is held back:\n" + info
}

func TestAnAttemptEnds(t *testing.T) {
	t.Parallel()
	t.Run("after its timeout, and says which", func(t *testing.T) {
		t.Parallel()
		address, _ := peer.Silent(t)
		b := serve(t)
		paused := open(t, b.address, func(o *Options) { o.Timeout = time.Second })
		sinktest.EventuallyDelivered(t, paused, numbered(t, 0))
		if err := b.admin.Do(t.Context(), "CLIENT", "PAUSE", time.Hour.Milliseconds(), "WRITE").Err(); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*Sink{paused, open(t, address, func(o *Options) { o.Timeout = time.Second })} {
			for range 2 {
				if err := sinktest.Cause(t, s, sample(t)); err.Error() != "send to Redis at "+s.options.Address+": no answer within 1s" {
					t.Errorf("it says %q", err)
				}
			}
		}
	})
	t.Run("and so does its connection, which the next one needs", func(t *testing.T) {
		t.Parallel()
		address, heard := peer.Silent(t)
		s := open(t, address, func(o *Options) { o.Timeout, o.Concurrency = 300*time.Millisecond, 1 })
		for range 3 {
			sinktest.Cause(t, s, sample(t))
			sinktest.Receive(t, heard)
		}
	})
	t.Run("with its context, and says why", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		s := open(t, b.address, func(o *Options) { o.Timeout = time.Hour })
		blocked(t, s, b)
		ctx, cancel := context.WithCancelCause(t.Context())
		outcome := sendAside(ctx, t, s, b.waiting)
		cancel(io.EOF)
		if got, ok := sinktest.Receive(t, outcome).(sink.Retry); !ok || !errors.Is(got.Cause, io.EOF) {
			t.Errorf("%#v", got)
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	closing := func(t *testing.T, s *Sink) {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Run("of a sink that never sent", func(t *testing.T) {
		t.Parallel()
		closing(t, open(t, "127.0.0.1:1"))
	})
	t.Run("while waiting for an answer", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		s := open(t, b.address, func(o *Options) { o.Timeout = time.Hour })
		blocked(t, s, b)
		outcome := sendAside(t.Context(), t, s, b.waiting)
		closing(t, s)
		if got, ok := sinktest.Receive(t, outcome).(sink.Retry); !ok {
			t.Errorf("%#v", got)
		}
	})
	t.Run("while connecting", func(t *testing.T) {
		t.Parallel()
		address, heard := peer.Silent(t)
		for _, s := range []*Sink{
			open(t, address, func(o *Options) { o.Timeout = time.Hour }),
			open(t, address, func(o *Options) { o.Timeout, o.TLS = time.Hour, clientTLS(nil) }),
		} {
			outcome := sendAside(t.Context(), t, s, func() string {
				sinktest.Receive(t, heard)
				return ""
			})
			closing(t, s)
			if got, ok := sinktest.Receive(t, outcome).(sink.Retry); !ok {
				t.Errorf("%#v", got)
			}
		}
	})
	t.Run("ends all connections", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		s := open(t, b.address)
		sinktest.Delivered(t, s, sample(t))
		closing(t, s)
		sinktest.Await(t, func() string {
			list, err := b.admin.Do(t.Context(), "CLIENT", "LIST").Text()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(list, "addr=127.0.0.1") {
				return "connections are left:\n" + list
			}
			return ""
		})
	})
}
