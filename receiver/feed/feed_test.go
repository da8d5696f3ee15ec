// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func listen(t *testing.T, f *Feed, bodies bool) *Listener {
	t.Helper()
	l, err := f.Listen(bodies)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestEveryListenerGetsWhatHappens(t *testing.T) {
	t.Parallel()
	var f Feed
	if f.Listening() || f.WantsBodies() {
		t.Error("somebody listens though nobody does")
	}
	f.Publish(Event{EventID: "before"}) // for nobody
	with, without := listen(t, &f, true), listen(t, &f, false)
	if !f.Listening() || !f.WantsBodies() {
		t.Error("nobody listens though two do")
	}
	e := Event{EventID: "a"}
	e.SetBody([]byte("{}"))
	f.Publish(e)
	if got := <-with.Events(); got.EventID != "a" || string(got.Body()) != "{}" {
		t.Errorf("it got %+v", got)
	}
	if got := <-without.Events(); got.EventID != "a" || len(got.Body()) > 0 {
		t.Errorf("who wants no bodies got %+v", got)
	}
	with.Close()
	with.Close() // once more does nothing
	if !f.Listening() || f.WantsBodies() {
		t.Error("the one without bodies should be left")
	}
}

// TestSlowListenerIsDropped would never end if Publish waited.
func TestSlowListenerIsDropped(t *testing.T) {
	t.Parallel()
	var f Feed
	slow := listen(t, &f, false)
	for range room + 1 {
		f.Publish(Event{})
	}
	if f.Listening() {
		t.Error("the slow one is still there")
	}
	n := 0
	for range slow.Events() {
		n++
	}
	if n != room {
		t.Errorf("it got %d events before it was dropped, want %d", n, room)
	}
}

func TestBodiesThatWaitAreBounded(t *testing.T) {
	t.Parallel()
	var f Feed
	l := listen(t, &f, true)
	large := Event{BodyText: strings.Repeat("x", backlog/4)}
	for range 100 { // as long as they are taken
		f.Publish(large)
		l.Took(<-l.Events())
	}
	for range 5 {
		f.Publish(large)
	}
	if f.Listening() {
		t.Error("more bytes wait than may")
	}
}

func TestTooManyListeners(t *testing.T) {
	t.Parallel()
	var f Feed
	for range MaxListeners {
		listen(t, &f, false)
	}
	if _, err := f.Listen(false); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
}

func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	var f Feed
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				f.Publish(Event{BodyText: "x"})
			}
		})
		all.Go(func() {
			for range 50 {
				l, err := f.Listen(true)
				if err != nil {
					continue
				}
				select {
				case e, open := <-l.Events():
					if open {
						l.Took(e)
					}
				default:
				}
				l.Close()
			}
		})
	}
	all.Wait()
	if f.Listening() || f.WantsBodies() {
		t.Error("somebody is still counted")
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{}\r\n", "\xff\x00"} {
		var e Event
		e.SetBody([]byte(body))
		if string(e.Body()) != body {
			t.Errorf("%q became %q", body, e.Body())
		}
	}
}
