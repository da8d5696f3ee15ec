// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// The trimmer is run by hand, at times of the test's choice; the one of the queue waits for windows that never end here.
func TestTrimmer(t *testing.T) {
	t.Parallel()
	everywhere(t, testTrimmer)
}

func testTrimmer(t *testing.T, limits config.Queue) {
	q := open(t, t.TempDir(), limits)
	window := limits.DuplicateWindow.Std()
	erp, bi := openCursor(t, q, "erp"), openCursor(t, q, "bi")
	trimmer := &trimmer{queue: q}
	now := time.Now()
	trimAt := func(at time.Time, want int64) {
		t.Helper()
		if err := trimmer.trim(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if got := stats(t, q).Events; got != want {
			t.Fatalf("%d events are kept, want %d", got, want)
		}
	}
	put(t, q, created, "1")
	put(t, q, created, "2")
	ack(t, erp, "1")
	ack(t, erp, "2")
	ack(t, bi, "1")
	late := next(t, bi)

	trimAt(now, 2)
	put(t, q, created, "3")
	ack(t, erp, "3")
	ack(t, bi, "3")
	// What all have is kept for the window, and what one lacks for as long as it does, with all that came after it.
	trimAt(now.Add(window-time.Second), 3)
	trimAt(now.Add(window), 2)
	trimAt(now.Add(3*window), 2)
	if err := late.Ack(); err != nil {
		t.Fatal(err)
	}
	trimAt(now.Add(3*window+tidyInterval/2), 2) // not all the time
	trimAt(now.Add(4*window), 0)
	// Nor does it take what nobody saw yet.
	put(t, q, created, "4")
	trimAt(now.Add(9*window), 1)
	trimAt(now.Add(19*window), 1)
	ack(t, erp, "4")
	trimAt(now.Add(29*window), 1)
	ack(t, bi, "4")
	trimAt(now.Add(39*window), 0)
}

// Of a queue that is shared see TestAbandonedCursor.
func TestTrimmerKeepsEverythingWhileThereAreNoCursors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q := open(t, dir, limits)
	openCursor(t, q, "erp")
	put(t, q, created, "1")
	q.Close()
	// Before the sinks are configured, the cursors of the process before count.
	q = open(t, dir, limits)
	trimmer := &trimmer{queue: q}
	for i := range 3 {
		if err := trimmer.trim(t.Context(), time.Now().Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	ack(t, openCursor(t, q, "erp"), "1")
	if err := q.RemoveCursor(t.Context(), "erp"); err != nil {
		t.Fatal(err)
	}
	put(t, q, created, "2")
	for i := range 3 {
		if err := trimmer.trim(t.Context(), time.Now().Add(time.Duration(i+3)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if got := stats(t, q).Events; got == 0 {
		t.Error("events went although there is no cursor")
	}
}

func TestTrimmerIsFrugalWithMarks(t *testing.T) {
	t.Parallel()
	trimmer := &trimmer{}
	info := &jetstream.StreamInfo{Config: jetstream.StreamConfig{Duplicates: 24 * time.Hour}}
	now := time.Now()
	for i := range 48 * 3600 {
		info.State.LastSeq = uint64(i)
		at := now.Add(time.Duration(i) * time.Second)
		trimmer.remember(at, info)
		old := trimmer.olderThan(at.Add(-info.Config.Duplicates))
		if want := uint64(max(0, i-24*3600)); old > want || want-old > 1000 {
			t.Fatalf("after %d s: older than a day are those up to %d, want about %d and no more", i, old, want)
		}
	}
	if n := len(trimmer.marks); n > 110 {
		t.Errorf("it remembers %d marks", n)
	}
}

// The trimmer and the window that is kept over a restart, on the real clock.
func TestTrimmerRuns(t *testing.T) {
	t.Parallel()
	everywhere(t, testTrimmerRuns)
}

func testTrimmerRuns(t *testing.T, limits config.Queue) {
	short := limits
	short.DuplicateWindow = config.Duration(200 * time.Millisecond)
	q := open(t, t.TempDir(), short)
	c := openCursor(t, q, "erp")
	put(t, q, created, "1")
	ack(t, c, "1")
	eventually(t, func() string {
		if n := stats(t, q).Events; n > 0 {
			return fmt.Sprintf("%d delivered events are still kept", n)
		}
		return ""
	})
}
