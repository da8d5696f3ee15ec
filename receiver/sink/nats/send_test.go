// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/peer"
)

func TestARepetitionIsStoredOnce(t *testing.T) {
	t.Parallel()
	b := serve(t)
	st := stream(t, b.admin())
	m := sample(t)
	for range 2 {
		s := open(t, b.ClientURL()) // as after a restart of the receiver
		sinktest.Delivered(t, s, m)
		sinktest.Delivered(t, s, m)
	}
	sinktest.Delivered(t, open(t, b.ClientURL()), message(t, `{"Event":"activity.created","EventId":"another"}`))
	if all := stored(t, st); len(all) != 2 {
		t.Errorf("%d messages, want 2", len(all))
	}
}

func TestTheStreamMustBeTheExpectedOne(t *testing.T) {
	t.Parallel()
	b := serve(t)
	st := stream(t, b.admin())
	err := sinktest.Cause(t, open(t, b.ClientURL(), func(o *Options) { o.Stream = "OTHER" }), sample(t))
	if want := `the subject "superoffice.activity.created" belongs to another stream than "OTHER"`; err.Error() != want {
		t.Errorf("it says %q", err)
	}
	sinktest.Delivered(t, open(t, b.ClientURL(), func(o *Options) { o.Stream = "CRM" }), sample(t))
	if all := stored(t, st); len(all) != 1 {
		t.Errorf("%d messages, want 1", len(all))
	}
}

func TestAnEventWaits(t *testing.T) {
	t.Parallel()
	t.Run("until there is a stream", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		s := open(t, b.ClientURL())
		err := sinktest.Cause(t, s, sample(t))
		if want := `no stream takes the subject "superoffice.activity.created": create one for it`; !strings.Contains(err.Error(), want) {
			t.Errorf("it says %q", err)
		}
		stream(t, b.admin())
		sinktest.Delivered(t, s, sample(t))
	})
	t.Run("while the stream is full", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		js := b.admin()
		st := stream(t, js, func(c *jetstream.StreamConfig) { c.MaxMsgs, c.Discard = 1, jetstream.DiscardNew })
		s := open(t, b.ClientURL())
		sinktest.Delivered(t, s, sample(t))
		other := message(t, `{"Event":"activity.deleted","EventId":"1"}`)
		if err := sinktest.Cause(t, s, other); !strings.Contains(err.Error(), "the stream refused the message: maximum messages exceeded") {
			t.Errorf("it says %q", err)
		}
		if err := st.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		sinktest.Delivered(t, s, other)
	})
	t.Run("while somebody else answers on the subject", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		conn := b.admin().Conn()
		if _, err := conn.Subscribe("superoffice.>", func(m *nats.Msg) { _ = m.Respond([]byte("thanks")) }); err != nil {
			t.Fatal(err)
		}
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := sinktest.Cause(t, open(t, b.ClientURL()), sample(t)); !strings.Contains(err.Error(), "is no stream") {
			t.Errorf("it says %q", err)
		}
	})
	t.Run("until the server is up", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		url := b.ClientURL()
		stream(t, b.admin())
		b.stop()
		s := open(t, url)
		if err := sinktest.Cause(t, s, sample(t)); err.Error() != "connect to NATS at "+strings.TrimPrefix(url, "nats://")+": no server could be reached" {
			t.Errorf("it says %q", err)
		}
		b.start()
		sinktest.EventuallyDelivered(t, s, sample(t))
	})
	t.Run("while the server restarts between two attempts", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		stream(t, b.admin())
		s := open(t, b.ClientURL())
		for n := range 3 {
			sinktest.EventuallyDelivered(t, s, message(t, fmt.Sprintf(`{"Event":"a.b","EventId":"%d"}`, n)))
			b.stop()
			sinktest.Cause(t, s, message(t, `{"Event":"a.b","EventId":"refused"}`))
			b.start()
		}
		sinktest.EventuallyDelivered(t, s, message(t, `{"Event":"a.b","EventId":"refused"}`))
		st, err := b.admin().Stream(t.Context(), "CRM")
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, m := range stored(t, st) {
			ids = append(ids, m.Header.Get("Nats-Msg-Id"))
		}
		if got, want := fmt.Sprint(ids), "[0/a.b 1/a.b 2/a.b refused/a.b]"; got != want {
			t.Errorf("stored %s, want %s", got, want)
		}
	})
	t.Run("when the server goes away before it acknowledges", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		stream(t, b.admin(), func(c *jetstream.StreamConfig) { c.NoAck = true })
		s := open(t, b.ClientURL())
		outcome := sendAside(t.Context(), t, s, sample(t), published(t, b.admin(), "superoffice.>"))
		b.stop()
		if got, ok := sinktest.Receive(t, outcome).(sink.Retry); !ok || got.Cause.Error() != "the connection to NATS was lost before the acknowledgement" {
			t.Errorf("%#v", got)
		}
	})
	t.Run("when one of several servers is there", func(t *testing.T) {
		t.Parallel()
		gone := serve(t)
		gone.stop()
		b := serve(t)
		stream(t, b.admin())
		for n := range 4 { // the order is drawn at random
			sinktest.Delivered(t, open(t, gone.ClientURL(), func(o *Options) { o.URLs = append(o.URLs, b.ClientURL()) }),
				message(t, fmt.Sprintf(`{"Event":"a.b","EventId":"%d"}`, n)))
		}
	})
}

// sendAside sends from another goroutine, and returns once something has happened.
func sendAside(ctx context.Context, t *testing.T, s *Sink, m sink.Message, happened <-chan struct{}) <-chan sink.Outcome {
	t.Helper()
	outcome := make(chan sink.Outcome, 1)
	go func() { outcome <- s.Send(ctx, m) }()
	sinktest.Receive(t, happened)
	return outcome
}

// published tells of the first message from now on.
func published(t *testing.T, js jetstream.JetStream, subject string) <-chan struct{} {
	t.Helper()
	seen := make(chan struct{})
	sub, err := js.Conn().Subscribe(subject, func(*nats.Msg) { close(seen) })
	if err == nil {
		err = errors.Join(sub.AutoUnsubscribe(1), js.Conn().Flush())
	}
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestAMessageThatIsTooLargeIsDead(t *testing.T) {
	t.Parallel()
	b := serve(t, func(o *server.Options) { o.MaxPayload = 200 << 10 })
	stream(t, b.admin(), func(c *jetstream.StreamConfig) { c.MaxMsgSize = 150 << 10 })
	s := open(t, b.ClientURL())
	for name, test := range map[string]struct {
		body string
		want sink.Dead
	}{
		"for the server": {
			`{"Event":"a.b","EventId":"1","x":"` + strings.Repeat("x", 210<<10) + `"}`,
			sink.Dead{Reason: "the message is larger than the server's max_payload of 204800 bytes"},
		},
		"for the stream": {
			`{"Event":"a.b","EventId":"1","x":"` + strings.Repeat("x", 160<<10) + `"}`,
			sink.Dead{Reason: "the message is larger than the stream takes", Answer: "message size exceeds maximum allowed"},
		},
		"in its headers": {
			`{"Event":"a.b","EventId":"` + strings.Repeat("x", 35<<10) + `"}`,
			sink.Dead{Reason: "the message is larger than the stream takes", Answer: "header size exceeds maximum allowed of 64k"},
		},
	} {
		if got := s.Send(t.Context(), message(t, test.body)); got != test.want {
			t.Errorf("%s: %#v", name, got)
		}
	}
	sinktest.Delivered(t, s, sample(t))
}

func TestConcurrentSendsShareOneConnection(t *testing.T) {
	t.Parallel()
	b := serve(t)
	st := stream(t, b.admin())
	s := open(t, b.ClientURL())
	before := b.connections()
	const senders, each = 8, 25
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
	if n := len(stored(t, st)); n != senders*each {
		t.Errorf("%d messages, want %d", n, senders*each)
	}
	if n := b.connections() - before; n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// connections is how many connections there have been.
func (b *broker) connections() uint64 {
	b.t.Helper()
	v, err := b.Varz(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return v.TotalConnections
}

func TestAnAttemptEnds(t *testing.T) {
	t.Parallel()
	t.Run("after its timeout, and says which", func(t *testing.T) {
		t.Parallel()
		quick := func(o *Options) { o.Timeout = 300 * time.Millisecond }
		b := serve(t)
		stream(t, b.admin(), func(c *jetstream.StreamConfig) { c.NoAck = true })
		url, _ := silent(t)
		for url, want := range map[string]string{
			b.ClientURL(): "no acknowledgement within 300ms",
			url:           "connect to NATS at " + strings.TrimPrefix(url, "nats://") + ": no acknowledgement within 300ms",
		} {
			s := open(t, url, quick)
			sinktest.Await(t, func() string { // a machine under load may take that long to connect at first
				if err := sinktest.Cause(t, s, sample(t)); err.Error() != want {
					return fmt.Sprintf("it says %q, want %q", err, want)
				}
				return ""
			})
		}
	})
	t.Run("with its context, and says why", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		stream(t, b.admin(), func(c *jetstream.StreamConfig) { c.NoAck = true })
		url, heard := silent(t)
		for url, happened := range map[string]<-chan struct{}{b.ClientURL(): published(t, b.admin(), "superoffice.>"), url: heard} {
			ctx, cancel := context.WithCancelCause(t.Context())
			outcome := sendAside(ctx, t, open(t, url), sample(t), happened)
			cancel(io.EOF)
			if got, ok := sinktest.Receive(t, outcome).(sink.Retry); !ok || !errors.Is(got.Cause, io.EOF) {
				t.Errorf("%#v", got)
			}
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	t.Run("of a sink that never sent", func(t *testing.T) {
		t.Parallel()
		open(t, "nats://127.0.0.1:1")
	})
	t.Run("while waiting for an acknowledgement", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		stream(t, b.admin(), func(c *jetstream.StreamConfig) { c.NoAck = true })
		s := open(t, b.ClientURL())
		outcome := sendAside(t.Context(), t, s, sample(t), published(t, b.admin(), "superoffice.>"))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got, ok := sinktest.Receive(t, outcome).(sink.Retry); !ok {
			t.Errorf("%#v", got)
		}
	})
	t.Run("while connecting", func(t *testing.T) {
		t.Parallel()
		url, heard := silent(t)
		s := open(t, url, func(o *Options) { o.Timeout = time.Hour })
		outcome := sendAside(t.Context(), t, s, sample(t), heard)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got, ok := sinktest.Receive(t, outcome).(sink.Retry); !ok {
			t.Errorf("%#v", got)
		}
	})
	t.Run("ends all connections", func(t *testing.T) {
		t.Parallel()
		b := serve(t)
		stream(t, b.admin())
		before := b.NumClients()
		s := open(t, b.ClientURL(), as(config.Raw))
		sinktest.Delivered(t, s, sample(t))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		sinktest.Await(t, func() string {
			if n := b.NumClients() - before; n != 0 {
				return fmt.Sprintf("%d connections are left", n)
			}
			return ""
		})
	})
}

// silent is the URL of a server that accepts connections and never says anything. heard tells of each connection.
func silent(t *testing.T) (url string, heard <-chan struct{}) {
	t.Helper()
	address, heard := peer.Silent(t)
	return "nats://" + address, heard
}
