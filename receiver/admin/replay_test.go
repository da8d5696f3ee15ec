// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/queue"
)

func TestReplay(t *testing.T) {
	t.Parallel()
	b := mixed(t)
	replay := func(path string) answer { return ask(t, http.MethodPost, b.url+"/dead-letters"+path) }
	t.Run("sends one to its sink again", func(t *testing.T) {
		if got := read[deadletter.Replayed](t, replay("/3/replay"), http.StatusOK); got.Replayed != 1 {
			t.Errorf("got %+v", got)
		}
		d := b.Next(t, "erp")
		if string(d.Body) != "3\xff\x00" {
			t.Errorf("got %q", d.Body)
		}
		if err := d.Ack(); err != nil {
			t.Fatal(err)
		}
		refused(t, replay("/3/replay"), http.StatusNotFound, notThere)
	})
	t.Run("leaves what holds no event where it is", func(t *testing.T) {
		refused(t, replay("/4/replay"), http.StatusConflict, "the dead letter cannot be replayed: it holds no event")
		if diff := cmp.Diff([]uint64{1, 2, 4, 5}, ids(b.list(t, ""))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("sends all of a sink, and of no other", func(t *testing.T) {
		b.kill(t, "erp", "6")
		if got := read[deadletter.Replayed](t, replay("/replay?sink=erp"), http.StatusOK); got.Replayed != 2 {
			t.Errorf("got %+v", got)
		}
		for _, want := range []string{"\r\n{\"1\": \"<ü>\"}\r\n", "6"} {
			d := b.Next(t, "erp")
			if string(d.Body) != want {
				t.Errorf("got %q, want %q", d.Body, want)
			}
			if err := d.Ack(); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]uint64{2, 4, 5}, ids(b.list(t, ""))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("sends nothing where there is nothing", func(t *testing.T) {
		for _, sink := range []string{"erp", "nobody"} {
			if got := read[deadletter.Replayed](t, replay("/replay?sink="+sink), http.StatusOK); got.Replayed != 0 {
				t.Errorf("%s: got %+v", sink, got)
			}
		}
	})
	t.Run("says that a sink is configured no more", func(t *testing.T) {
		if err := b.RemoveCursor(t.Context(), "bi"); err != nil {
			t.Fatal(err)
		}
		const gone = `the dead letter cannot be replayed: its sink "bi" is configured no more`
		refused(t, replay("/2/replay"), http.StatusConflict, gone)
		want := deadletter.Replayed{Selected: 1, NotReplayable: map[string]int{`its sink "bi" is configured no more`: 1}}
		got := read[deadletter.Replayed](t, replay("/replay?sink=bi"), http.StatusOK)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]uint64{2}, ids(b.list(t, "?sink=bi"))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// letters are dead letters of one sink, with what a real queue does only when others use it at the same time.
type letters struct {
	list     []queue.DeadLetter
	replay   func(l *letters, id uint64) error
	replayed []uint64
	err      error
}

func (l *letters) DeadLetters(_ context.Context, _ string, after uint64, limit int) ([]queue.DeadLetter, error) {
	var found []queue.DeadLetter
	for _, one := range l.list {
		if one.ID > after && len(found) < limit {
			found = append(found, one)
		}
	}
	return found, l.err
}

func (l *letters) Replay(_ context.Context, id uint64) error {
	if err := l.replay(l, id); err != nil {
		return err
	}
	l.replayed = append(l.replayed, id)
	l.list = slices.DeleteFunc(l.list, func(d queue.DeadLetter) bool { return d.ID == id })
	return l.err
}

func (l *letters) Replayable(*queue.DeadLetter) error                            { return nil }
func (l *letters) DeadLetter(context.Context, uint64) (*queue.DeadLetter, error) { return nil, l.err }
func (l *letters) Forget(context.Context, uint64) error                          { return l.err }

func dead(n int) []queue.DeadLetter {
	list := make([]queue.DeadLetter, n)
	for i := range list {
		list[i] = queue.DeadLetter{ID: uint64(i) + 1, Sink: "erp", Died: time.Now().Add(-time.Minute)}
	}
	return list
}

func TestReplayAllWhileOthersAreAtIt(t *testing.T) {
	t.Parallel()
	works := func(*letters, uint64) error { return nil }
	for name, c := range map[string]struct {
		letters letters
		want    int
	}{
		"goes through all pages": {letters{list: dead(2500), replay: works}, 2500},
		"ends although each dies again at once": {letters{list: dead(1500), replay: func(l *letters, id uint64) error {
			l.list = append(l.list, queue.DeadLetter{ID: id + 10_000, Sink: "erp", Died: time.Now().Add(time.Second)})
			return nil
		}}, 1500},
		"passes over what somebody else replays or forgets meanwhile": {letters{list: dead(1500), replay: func(_ *letters, id uint64) error {
			if id%2 == 0 || id > 900 {
				return queue.ErrNoDeadLetter
			}
			return nil
		}}, 450},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, &fake{}, &c.letters, prometheus.NewRegistry())
			got := read[deadletter.Replayed](t, ask(t, http.MethodPost, url+"/dead-letters/replay?sink=erp"), http.StatusOK)
			if got.Replayed != c.want || len(c.letters.replayed) != c.want {
				t.Errorf("got %+v, replayed %d, want %d", got, len(c.letters.replayed), c.want)
			}
		})
	}
	t.Run("says how far it came when the queue fails", func(t *testing.T) {
		t.Parallel()
		for cause, code := range map[error]int{
			errors.New("no disk"): http.StatusInternalServerError,
			queue.ErrFull:         http.StatusServiceUnavailable,
		} {
			broken := letters{list: dead(5), replay: func(_ *letters, id uint64) error {
				if id == 3 {
					return cause
				}
				return nil
			}}
			url := serve(t, &fake{}, &broken, prometheus.NewRegistry())
			got := read[deadletter.Failure](t, ask(t, http.MethodPost, url+"/dead-letters/replay?sink=erp"), code)
			if want := (deadletter.Failure{Error: "after 2 were replayed: " + cause.Error(), Done: 2}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
	})
}

func TestQueueThatFails(t *testing.T) {
	t.Parallel()
	broken := letters{err: errors.New("no disk"), replay: func(*letters, uint64) error { return nil }}
	url := serve(t, &fake{}, &broken, prometheus.NewRegistry())
	for _, c := range [][2]string{
		{http.MethodGet, ""}, {http.MethodGet, "/1"}, {http.MethodPost, "/1/replay"}, {http.MethodPost, "/replay?sink=erp"}, {http.MethodDelete, "/1"},
	} {
		t.Run(c[0]+c[1], func(t *testing.T) {
			refused(t, ask(t, c[0], url+"/dead-letters"+c[1]), http.StatusInternalServerError, "no disk")
		})
	}
}
