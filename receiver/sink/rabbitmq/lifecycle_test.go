// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// One sink sees a server come, crash, come back, fall silent, run out of memory and go. The steps are one test, because a
// server takes seconds to start.
func TestServerThatComesAndGoes(t *testing.T) {
	t.Parallel()
	needServer(t)
	n, err := newNode(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", n.said())
		}
	})
	start := func(t *testing.T) {
		if err := n.start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, n.plain, to("", "events"))
	hasty := open(t, n.plain, to("", "events"), within(2*time.Second))

	t.Run("down at start", func(t *testing.T) {
		wantRetry(t, s.Send(t.Context(), numbered(t, 1)), "connection refused")
		start(t)
		queue(t, administrator(t, n.plain), "events", "", "")
		n.control(t, "eval", "ok = mnesia:sync_log().") // a server that is killed right after its start forgets queues
		eventuallyDelivered(t, s, numbered(t, 1))
	})
	t.Run("killed and back, with what it had confirmed", func(t *testing.T) {
		if err := n.stop(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wantRetry(t, s.Send(t.Context(), numbered(t, 2)))
		wantRetry(t, s.Send(t.Context(), numbered(t, 2)), "connection refused")
		start(t)
		eventuallyDelivered(t, s, numbered(t, 2))
		got := consumed(t, administrator(t, n.plain), "events", 2)
		if got[0].MessageId != "1/activity.created" || got[1].MessageId != "2/activity.created" {
			t.Errorf("%s and %s", got[0].MessageId, got[1].MessageId)
		}
	})
	t.Run("silent for a while", func(t *testing.T) {
		eventuallyDelivered(t, hasty, numbered(t, 3))
		if err := n.server.signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		wantRetry(t, hasty.Send(t.Context(), numbered(t, 4)), "within 2s")
		if err := n.server.signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		eventuallyDelivered(t, hasty, numbered(t, 4))
	})
	t.Run("short of memory for a while", func(t *testing.T) {
		keepChannels(t, hasty, 3) // so that none needs to be opened, which would not be possible
		n.control(t, "set_vm_memory_high_watermark", "absolute", "1")
		deadline := time.Now().Add(patience)
		for said := ""; !strings.Contains(said, "takes no messages for now: low on memory"); {
			if time.Now().After(deadline) {
				t.Fatalf("nothing is said of the alarm, but %q", said)
			}
			if r, again := hasty.Send(t.Context(), numbered(t, 5)).(sink.Retry); again {
				said = r.Cause.Error()
			}
		}
		wantRetry(t, hasty.Send(t.Context(), numbered(t, 6)), "within 2s", "takes no messages for now")
		waiting, m := make(chan sink.Outcome, 1), numbered(t, 7)
		go func() { waiting <- s.Send(t.Context(), m) }() // with time to spare
		n.control(t, "set_vm_memory_high_watermark", "0.4")
		wantDelivered(t, <-waiting)
		eventuallyDelivered(t, hasty, numbered(t, 8))
		for id, got := "", administrator(t, n.plain); id != "8/activity.created"; {
			id = consumed(t, got, "events", 1)[0].MessageId
			if id == "6/activity.created" {
				t.Error("what was given up was sent later")
			}
		}
	})
	t.Run("gone while nothing is under way", func(t *testing.T) {
		if err := n.stop(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		wantRetry(t, s.Send(t.Context(), numbered(t, 9)))
	})
}

// keepChannels makes a sink have some channels, as it has after as many Sends at a time.
func keepChannels(t *testing.T, s *Sink, count int) {
	t.Helper()
	if count == 0 {
		return
	}
	c, err := s.link.channel()
	if err != nil {
		t.Fatal(err)
	}
	keepChannels(t, s, count-1)
	s.link.putBack(c)
}
