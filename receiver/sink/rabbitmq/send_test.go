// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

func TestWhatHasToBeThere(t *testing.T) {
	t.Parallel()
	address := server(t)
	admin := administrator(t, address)

	t.Run("is the exchange", func(t *testing.T) {
		name := t.Name()
		s := open(t, address, to(name, ""))
		for range 2 {
			wantRetry(t, s.Send(t.Context(), numbered(t, 1)), `the exchange "`+name+`" does not exist: declare it`)
		}
		queue(t, admin, name, name, "#")
		wantDelivered(t, s.Send(t.Context(), numbered(t, 1)))
	})
	t.Run("is a binding", func(t *testing.T) {
		name := t.Name()
		queue(t, admin, name, name, "sale.*")
		s := open(t, address, to(name, ""))
		for range 2 {
			wantRetry(t, s.Send(t.Context(), numbered(t, 1)),
				`no queue is bound to exchange "`+name+`" for routing key "activity.created": bind one`)
		}
		queue(t, admin, name, name, "activity.*")
		wantDelivered(t, s.Send(t.Context(), numbered(t, 1)))
		consumed(t, admin, name, 1)
	})
	t.Run("is the queue, when there is no exchange", func(t *testing.T) {
		name := strings.ReplaceAll(t.Name(), "/", ".")
		s := open(t, address, to("", name))
		for range 2 {
			wantRetry(t, s.Send(t.Context(), numbered(t, 1)), `there is no queue with the name "`+name+`": declare it`)
		}
		queue(t, admin, name, "", "")
		wantDelivered(t, s.Send(t.Context(), numbered(t, 1)))
	})
	t.Run("is room", func(t *testing.T) {
		name := t.Name()
		queue(t, admin, name, name, "#", amqp.Table{"x-max-length": 1, "x-overflow": "reject-publish"})
		s := open(t, address, to(name, ""))
		eventuallyRefused(t, s)
		wantRetry(t, s.Send(t.Context(), numbered(t, 1)), "did not take the message", "may be full")
		if _, err := admin.QueuePurge(name, false); err != nil {
			t.Fatal(err)
		}
		wantDelivered(t, s.Send(t.Context(), numbered(t, 2)))
	})
}

// eventuallyRefused sends until a queue has what it takes. It can be one more than its limit.
func eventuallyRefused(t *testing.T, s *Sink) {
	t.Helper()
	for n := range 100 {
		if s.Send(t.Context(), numbered(t, n)) != (sink.Delivered{}) {
			return
		}
	}
	t.Fatal("the queue takes everything")
}

func TestSizes(t *testing.T) {
	t.Parallel()
	address := server(t)
	admin := administrator(t, address)
	queue(t, admin, t.Name(), "", "")
	s := open(t, address, to("", t.Name()))
	dead, ok := s.Send(t.Context(), large(t, maxMessageSize)).(sink.Dead)
	if !ok || !strings.Contains(dead.Reason, "max_message_size") || !strings.Contains(dead.Answer, "message size") {
		t.Errorf("%+v", dead)
	}
	m := large(t, maxMessageSize-1000)
	wantDelivered(t, s.Send(t.Context(), m))
	if got := consumed(t, admin, t.Name(), 1)[0]; !bytes.Equal(got.Body, m.Event.Raw) {
		t.Errorf("the body changed: %d bytes", len(got.Body))
	}
}

// All share one connection. What the server refuses is no other's trouble.
func TestConcurrentSends(t *testing.T) {
	t.Parallel()
	address := server(t)
	admin := administrator(t, address)
	queue(t, admin, t.Name(), t.Name(), "activity.*")
	s := open(t, address, to(t.Name(), ""))
	tooLarge, unroutable := large(t, maxMessageSize), event(t, []byte(`{"Event":"sale.sold","EventId":"1"}`))
	var all sync.WaitGroup
	for n := range 200 {
		m := numbered(t, n)
		all.Go(func() {
			if o := s.Send(t.Context(), m); o != (sink.Delivered{}) {
				t.Errorf("%T %+v", o, o)
			}
		})
		if n%10 != 0 {
			continue
		}
		all.Go(func() {
			if _, dead := s.Send(t.Context(), tooLarge).(sink.Dead); !dead {
				t.Error("what is too large is not dead")
			}
		})
		all.Go(func() {
			if _, again := s.Send(t.Context(), unroutable).(sink.Retry); !again {
				t.Error("what nobody gets is not tried again")
			}
		})
	}
	all.Wait()
	ids := map[string]bool{}
	for _, d := range consumed(t, admin, t.Name(), 200) {
		ids[d.MessageId] = true
	}
	if _, more, err := admin.Get(t.Name(), true); len(ids) != 200 || more || err != nil {
		t.Errorf("%d events, more: %t, %v", len(ids), more, err)
	}
}

// Channels are used again, so that there are no more than Sends at a time.
func TestChannelsAreUsedAgain(t *testing.T) {
	t.Parallel()
	address := server(t)
	queue(t, administrator(t, address), t.Name(), t.Name(), "activity.*")
	s := open(t, address, to(t.Name(), ""))
	unroutable := event(t, []byte(`{"Event":"sale.sold","EventId":"1"}`))
	for n := range 20 {
		wantDelivered(t, s.Send(t.Context(), numbered(t, n)))
		wantRetry(t, s.Send(t.Context(), unroutable))
	}
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	if n := len(s.link.idle); n != 1 {
		t.Errorf("%d channels for one Send at a time", n)
	}
}

// deaf listens, and may say something, but reads nothing.
func deaf(t *testing.T) (address string, called chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	called = make(chan struct{}, 100)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			called <- struct{}{}
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return l.Addr().String(), called
}

func TestServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	address, called := deaf(t)
	t.Run("is given up in time", func(t *testing.T) {
		s := open(t, address, within(200*time.Millisecond))
		began := time.Now()
		wantRetry(t, s.Send(t.Context(), numbered(t, 1)), "connect to RabbitMQ at "+address, "within 200ms")
		if took := time.Since(began); took > patience/2 {
			t.Errorf("it waited for %s", took)
		}
		<-called
	})
	t.Run("does not hold an attempt whose context ends", func(t *testing.T) {
		s := open(t, address)
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			<-called
			cancel(errors.New("the receiver is being shut down"))
		}()
		wantRetry(t, s.Send(ctx, numbered(t, 1)), "the receiver is being shut down")
	})
	t.Run("does not hold Close", func(t *testing.T) {
		s := open(t, address)
		done := make(chan sink.Outcome, 1)
		m := numbered(t, 1)
		go func() { done <- s.Send(t.Context(), m) }()
		<-called
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wantRetry(t, <-done)
		wantRetry(t, s.Send(t.Context(), numbered(t, 1)), "the sink was closed")
	})
	t.Run("is passed over for one that does", func(t *testing.T) {
		other := server(t)
		queue(t, administrator(t, other), "passed-over", "", "")
		s := open(t, address, to("", "passed-over"), within(2*time.Second), func(o *Options) { o.Addresses = append(o.Addresses, other) })
		eventuallyDelivered(t, s, numbered(t, 1))
	})
}

// A server that comes back, or refuses the credentials, is called once per pause, however many events wait for it.
func TestNoStorm(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			calls++
			conn.Close()
		}
	})
	s, m := open(t, l.Addr().String()), numbered(t, 1)
	began := time.Now()
	var sends sync.WaitGroup
	for range 8 {
		sends.Go(func() {
			for range 3 {
				r, again := s.Send(t.Context(), m).(sink.Retry)
				if !again || !strings.Contains(r.Cause.Error(), "the connection broke before the server let the sink in") {
					t.Errorf("%+v", r)
				}
			}
		})
	}
	sends.Wait()
	took := time.Since(began)
	l.Close()
	all.Wait()
	if most := int(took/time.Second) + 1; calls > most {
		t.Errorf("%d calls within %s, want %d at most", calls, took, most)
	}
}
