// SPDX-License-Identifier: Apache-2.0

package handover_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/handover"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	older = int64(4)
	newer = int64(5)
)

// peer is another receiver, whose configuration can change.
type peer struct {
	queue   *queue.Queue
	handler *intake.Handler
	url     string
	refused atomic.Int64    // answers for its older configuration
	refuses func(nth int64) // is told of each of them; may be nil
}

// Answered implements intake.Observer.
func (p *peer) Answered(a intake.Answer) {
	if a.Reason != intake.ConfigurationOlder {
		return
	}
	if n := p.refused.Add(1); p.refuses != nil {
		p.refuses(n)
	}
}

// newPeer makes one that has a configuration in force.
func newPeer(t *testing.T, generation int64, events []string, sinks ...config.Sink) *peer {
	t.Helper()
	p := &peer{queue: openQueue(t)}
	p.handler = intake.New(p.queue, intake.Rules{}, p, logr.Discard())
	p.configure(t, generation, events, sinks...)
	s := httptest.NewServer(p.handler)
	t.Cleanup(s.Close)
	p.url = s.URL + "/webhook"
	return p
}

// configure brings it a configuration, in the order in which a receiver puts one into force.
func (p *peer) configure(t *testing.T, generation int64, events []string, sinks ...config.Sink) {
	t.Helper()
	for _, s := range sinks {
		if _, err := p.queue.Cursor(t.Context(), s, events); err != nil {
			t.Error(err)
		}
	}
	p.handler.SetRules(intake.Rules{
		Path: "/webhook", MaxBodyBytes: 1 << 20, Events: events, Sinks: sinks, Generation: generation,
		Secrets: []config.Slot{{Name: "current", Secret: secret}},
	})
}

// gets fails unless a sink of the peer gets exactly these events.
func (p *peer) gets(t *testing.T, s config.Sink, events []string, bodies ...string) {
	t.Helper()
	c, err := p.queue.Cursor(t.Context(), s, events)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range bodies {
		d := next(t, c)
		if string(d.Body) != want {
			t.Errorf("%s got %s, want %s", s.Name, d.Body, want)
		}
		if err := d.Ack(); err != nil {
			t.Fatal(err)
		}
	}
	for l, err := range p.queue.Left(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, sink := range l.Sinks {
			if sink == s.Name {
				t.Errorf("%s gets %s, too", s.Name, l.Body)
			}
		}
	}
}

// change is what a receiver that ends has in its configuration, and another has not got yet.
type change struct {
	events       []string // that the other wants by then
	sinks, wants []config.Sink
	had          string // the sink that has the event already
}

var (
	onlyDeleted = []string{superoffice.ActivityDeleted}
	erp, added  = config.Sink{Name: "erp"}, config.Sink{Name: "added"}
	narrow      = config.Sink{Name: "erp", Events: onlyDeleted}
)

// changes by their names; the event is of a kind that put stores.
var changes = map[string]change{
	"a sink, and another one has the event":   {superoffice.ActivityEvents(), []config.Sink{erp}, []config.Sink{erp, added}, "erp"},
	"a sink, and nobody has the event":        {superoffice.ActivityEvents(), []config.Sink{erp}, []config.Sink{erp, added}, ""},
	"an event":                                {onlyDeleted, []config.Sink{erp}, []config.Sink{erp}, ""},
	"an event, and another sink has it":       {onlyDeleted, []config.Sink{erp, added}, []config.Sink{erp, added}, "erp"},
	"an event that a sink did not want":       {superoffice.ActivityEvents(), []config.Sink{narrow}, []config.Sink{erp}, ""},
	"an event that one of two did not want":   {superoffice.ActivityEvents(), []config.Sink{added, narrow}, []config.Sink{added, erp}, ""},
	"a sink, and the event that it came with": {onlyDeleted, []config.Sink{erp}, []config.Sink{erp, added}, ""},
}

// ending is the queue of a receiver that ends, with one event.
func (c change) ending(t *testing.T) *queue.Queue {
	t.Helper()
	q := openQueue(t)
	cursors := map[string]*queue.Cursor{}
	for _, s := range c.wants {
		cursors[s.Name] = cursor(t, q, s.Name)
	}
	put(t, q, 1)
	if c.had != "" {
		if err := next(t, cursors[c.had]).Ack(); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// hand has a receiver with the newer configuration hand over.
func hand(t *testing.T, from *queue.Queue, other *peer) (int64, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	receivers := to(other.url)
	receivers.Generation = newer
	return handover.HandOver(ctx, from, receivers)
}

// Kubelet brings a changed configuration to pods up to a minute apart: what a receiver lacks may be what it has not got yet.
func TestReceiverWithAnOlderConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range changes {
		t.Run("takes an event over once it has "+name, func(t *testing.T) {
			t.Parallel()
			from, other := c.ending(t), newPeer(t, older, c.events, c.sinks...)
			other.refuses = func(int64) { other.configure(t, newer, superoffice.ActivityEvents(), c.wants...) }
			moved, err := hand(t, from, other)
			if err != nil || moved != 1 {
				t.Fatalf("%d moved, %v", moved, err)
			}
			if other.refused.Load() == 0 {
				t.Error("it was taken over before")
			}
			if got := remaining(t, from); len(got) > 0 {
				t.Errorf("still there: %q", got)
			}
			for _, s := range c.wants {
				if s.Name != c.had {
					other.gets(t, s, superoffice.ActivityEvents(), string(body(1)))
				} else {
					other.gets(t, s, superoffice.ActivityEvents())
				}
			}
		})
		for what, generation := range map[string]int64{"the same": newer, "a newer": newer + 1} {
			t.Run("has nobody wait by "+what+" one that lacks "+name, func(t *testing.T) {
				t.Parallel()
				from, other := c.ending(t), newPeer(t, generation, c.events, c.sinks...)
				moved, err := hand(t, from, other)
				if err != nil || moved != 1 {
					t.Errorf("%d moved, %v", moved, err)
				}
				if n := other.refused.Load(); n > 0 {
					t.Errorf("it was asked again %d times", n)
				}
			})
		}
	}
	t.Run("takes at once what it knows", func(t *testing.T) {
		t.Parallel()
		from, other := openQueue(t, "erp"), newPeer(t, older, superoffice.ActivityEvents(), erp, added)
		put(t, from, 1)
		if moved, err := hand(t, from, other); err != nil || moved != 1 || other.refused.Load() > 0 {
			t.Errorf("%d moved, refused %d times, %v", moved, other.refused.Load(), err)
		}
		other.gets(t, erp, superoffice.ActivityEvents(), string(body(1)))
		other.gets(t, added, superoffice.ActivityEvents(), string(body(1)))
	})
}

// What nobody knows by the end of the time stays, and everything else, of which there may be much behind it, does not wait for it.
func TestWhatNobodyKnowsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	from := openQueue(t, "erp", "added")
	for n := range 20 {
		put(t, from, n)
	}
	erpHere := cursor(t, from, "erp")
	for range 20 {
		if err := next(t, erpHere).Ack(); err != nil {
			t.Fatal(err)
		}
	}
	if err := from.Bury(t.Context(), "not JSON", "key", queue.Message{Body: []byte("\xff"), Header: http.Header{}}); err != nil {
		t.Fatal(err)
	}
	other := newPeer(t, older, superoffice.ActivityEvents(), erp)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	other.refuses = func(nth int64) {
		if nth == 40 { // each was asked for twice
			cancel()
		}
	}
	receivers := to(other.url)
	receivers.Generation = newer
	receivers.Patience = 0 // which is for when nobody is there
	moved, err := handover.HandOver(ctx, from, receivers)
	if err == nil || !strings.Contains(err.Error(), "another receiver has an older configuration") || moved != 1 {
		t.Errorf("%d moved, %v", moved, err)
	}
	if got := len(remaining(t, from)); got != 20 {
		t.Errorf("%d are left, want 20", got)
	}
	if letters, err := other.queue.DeadLetters(t.Context(), "", 0, 10); err != nil || len(letters) != 1 {
		t.Errorf("%d dead letters came, %v", len(letters), err)
	}
}
