// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// superofficeKeyOf is the key under which put stores a number.
func superofficeKeyOf(i int) superoffice.DedupKey { return superoffice.DedupKey(fmt.Sprint(i)) }

func superofficeKey(i int) superoffice.DedupKey { return superoffice.DedupKey(fmt.Sprint("key ", i)) }

// bury puts an event and buries it for a sink.
func bury(t *testing.T, q *Queue, c *Cursor, key string) {
	t.Helper()
	put(t, q, created, key)
	d := next(t, c)
	if string(d.Body) != key {
		t.Fatalf("got %q, want %q", d.Body, key)
	}
	if err := d.Bury(t.Context(), "refused", "no, thanks"); err != nil {
		t.Fatal(err)
	}
}

func letters(t *testing.T, q *Queue, sink string, after uint64, limit int) []DeadLetter {
	t.Helper()
	list, err := q.DeadLetters(t.Context(), sink, after, limit)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func bodies(list []DeadLetter) []string {
	texts := []string{}
	for _, l := range list {
		texts = append(texts, string(l.Body))
	}
	return texts
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	everywhere(t, testDeadLetters)
}

func testDeadLetters(t *testing.T, limits config.Queue) {
	dir := t.TempDir()
	q := open(t, dir, limits)
	erp, bi := openCursor(t, q, "erp"), openCursor(t, q, "bi")
	bury(t, q, erp, "1")
	ack(t, bi, "1")
	bury(t, q, bi, "2")
	ack(t, erp, "2")
	bury(t, q, erp, "3")
	ack(t, bi, "3")
	rubbish := Message{Body: []byte("{"), Received: time.Now().UTC()}
	for range 2 {
		if err := q.Bury(t.Context(), "not JSON", "hash", rubbish); err != nil {
			t.Fatal(err)
		}
	}
	q.Close()
	q = open(t, dir, limits)

	t.Run("are listed with all that is known, oldest first", func(t *testing.T) {
		want := []DeadLetter{
			{ID: 1, Sink: "erp", Reason: "refused", Answer: "no, thanks", Attempts: 1, Message: message("1")},
			{ID: 2, Sink: "bi", Reason: "refused", Answer: "no, thanks", Attempts: 1, Message: message("2")},
			{ID: 3, Sink: "erp", Reason: "refused", Answer: "no, thanks", Attempts: 1, Message: message("3")},
			{ID: 4, Reason: "not JSON", Message: Message{Body: []byte("{"), Received: rubbish.Received}},
		}
		times := cmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() < time.Minute })
		ignored := cmpopts.IgnoreFields(DeadLetter{}, "Died")
		got := letters(t, q, "", 0, 10)
		if diff := cmp.Diff(want, got, times, ignored, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for _, l := range got {
			if age := time.Since(l.Died); age < 0 || age > time.Minute {
				t.Errorf("dead letter %d died at %s", l.ID, l.Died)
			}
		}
	})
	t.Run("are listed of a sink by its name, not by a pattern", func(t *testing.T) {
		for _, sink := range []string{"*", ">", "e*", "erp.>"} {
			if got := letters(t, q, sink, 0, 10); len(got) != 0 {
				t.Errorf("%q lists %d dead letters", sink, len(got))
			}
		}
	})
	t.Run("are listed by sink and page by page", func(t *testing.T) {
		for _, c := range []struct {
			sink  string
			after uint64
			limit int
			want  []string
		}{
			{"erp", 0, 10, []string{"1", "3"}},
			{"erp", 1, 10, []string{"3"}},
			{"erp", 3, 10, []string{}},
			{"bi", 0, 10, []string{"2"}},
			{"nobody", 0, 10, []string{}},
			{"", 1, 2, []string{"2", "3"}},
			{"", 0, 0, []string{}},
		} {
			if diff := cmp.Diff(c.want, bodies(letters(t, q, c.sink, c.after, c.limit))); diff != "" {
				t.Errorf("%+v (-want +got)\n%s", c, diff)
			}
		}
	})
	t.Run("are counted", func(t *testing.T) {
		if diff := cmp.Diff(map[string]int64{"erp": 2, "bi": 1, "": 1}, stats(t, q).DeadLetters); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("can be shown and forgotten one by one", func(t *testing.T) {
		l, err := q.DeadLetter(t.Context(), 2)
		if err != nil || string(l.Body) != "2" {
			t.Fatalf("got %+v, %v", l, err)
		}
		if err := q.Forget(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		for _, id := range []uint64{0, 2, 99} {
			if _, err := q.DeadLetter(t.Context(), id); !errors.Is(err, ErrNoDeadLetter) {
				t.Errorf("show %d: %v", id, err)
			}
			if err := q.Forget(t.Context(), id); !errors.Is(err, ErrNoDeadLetter) {
				t.Errorf("forget %d: %v", id, err)
			}
			if err := q.Replay(t.Context(), id); !errors.Is(err, ErrNoDeadLetter) {
				t.Errorf("replay %d: %v", id, err)
			}
		}
	})
}

func TestReplay(t *testing.T) {
	t.Parallel()
	everywhere(t, testReplay)
}

func testReplay(t *testing.T, limits config.Queue) {
	q := open(t, t.TempDir(), limits)
	erp, bi := openCursor(t, q, "erp"), openCursor(t, q, "bi")
	received := time.Now().Add(-50 * time.Minute).UTC()
	sent := Message{Body: []byte("\r\n1\r\n"), Header: map[string][]string{"X-Test": {"1"}}, Received: received}
	if _, err := q.Put(t.Context(), created, "1", sent); err != nil {
		t.Fatal(err)
	}
	ack(t, bi, "\r\n1\r\n")
	if err := next(t, erp).Retry(0); err != nil {
		t.Fatal(err)
	}
	if err := next(t, erp).Bury(t.Context(), "refused", ""); err != nil {
		t.Fatal(err)
	}
	id := letters(t, q, "erp", 0, 1)[0].ID

	began := time.Now()
	if err := q.Replay(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	d := next(t, erp)
	if diff := cmp.Diff(sent, d.Message); diff != "" {
		t.Errorf("the message changed (-put +replayed)\n%s", diff)
	}
	if d.Attempt != 1 {
		t.Errorf("attempt %d, want counted anew", d.Attempt)
	}
	if d.Since.Before(began.Add(-time.Second)) {
		t.Errorf("its age counts from %s, want from its replay", d.Since)
	}
	nothing(t, bi)
	if list := letters(t, q, "", 0, 10); len(list) > 0 {
		t.Errorf("it is still dead: %v", bodies(list))
	}

	t.Run("can die and be replayed again", func(t *testing.T) {
		if err := d.Bury(t.Context(), "refused again", ""); err != nil {
			t.Fatal(err)
		}
		again := letters(t, q, "erp", 0, 1)[0]
		if again.ID == id || again.Attempts != 1 {
			t.Fatalf("got %+v", again)
		}
		if err := q.Replay(t.Context(), again.ID); err != nil {
			t.Fatal(err)
		}
		ack(t, erp, "\r\n1\r\n")
	})
	t.Run("is refused for what intake could not read, and for sinks that are no more", func(t *testing.T) {
		if err := q.Bury(t.Context(), "not JSON", "hash", message("{")); err != nil {
			t.Fatal(err)
		}
		bury(t, q, bi, "2")
		if err := q.RemoveCursor(t.Context(), "bi"); err != nil {
			t.Fatal(err)
		}
		list := letters(t, q, "", 0, 10)
		if len(list) != 2 {
			t.Fatalf("got %v", bodies(list))
		}
		for i, why := range []string{"it holds no event", `its sink "bi" is configured no more`} {
			if err := q.Replay(t.Context(), list[i].ID); !errors.Is(err, ErrNotReplayable) || !strings.Contains(err.Error(), why) {
				t.Errorf("replay of %q: %v", list[i].Body, err)
			}
		}
		if diff := cmp.Diff(bodies(list), bodies(letters(t, q, "", 0, 10))); diff != "" {
			t.Errorf("they must stay (-want +got)\n%s", diff)
		}
	})
}

func TestReplayThatIsRepeated(t *testing.T) {
	t.Parallel()
	t.Run("is recognised when the process died between its two steps", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		q := open(t, dir, limits)
		bury(t, q, openCursor(t, q, "erp"), "a")
		letter := letters(t, q, "erp", 0, 1)[0]
		if _, err := q.store(t.Context(), letter.encode(q.names.replay+"erp"), replayKey(&letter)); err != nil {
			t.Fatal(err) // and here the process dies
		}
		q.Close()
		q = open(t, dir, limits)
		if err := q.Replay(t.Context(), letter.ID); err != nil {
			t.Fatal(err)
		}
		c := openCursor(t, q, "erp")
		ack(t, c, "a")
		nothing(t, c)
		if list := letters(t, q, "", 0, 10); len(list) > 0 {
			t.Errorf("it is still dead: %v", bodies(list))
		}
	})
	t.Run("is not taken for that of a former dead letter with the same id", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		for _, key := range []string{"a", "b"} {
			bury(t, q, c, key)
			if err := q.Replay(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			ack(t, c, key)
			if err := q.js.DeleteStream(t.Context(), q.names.dead); err != nil {
				t.Fatal(err) // the dead letters are lost, and ids count anew
			}
			if err := q.Configure(t.Context(), limits); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestBury(t *testing.T) {
	t.Parallel()
	everywhere(t, testBury)
}

func testBury(t *testing.T, limits config.Queue) {
	t.Run("leaves one dead letter when it is repeated", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		put(t, q, created, "a")
		d := next(t, c)
		letter := DeadLetter{Sink: "erp", Reason: "refused", Attempts: 1, Message: d.Message}
		if err := q.bury(t.Context(), letter, fmt.Sprintf("erp/%d/%d", d.sequence, d.Received.UnixNano())); err != nil {
			t.Fatal(err) // and here the process dies
		}
		if err := d.Bury(t.Context(), "refused", ""); err != nil {
			t.Fatal(err)
		}
		if got := letters(t, q, "", 0, 10); len(got) != 1 {
			t.Errorf("there are %d", len(got))
		}
	})
	t.Run("leaves the message in the queue when there is no room for dead letters", func(t *testing.T) {
		t.Parallel()
		small := limits
		small.MaxBytes = 1 << 20
		q := open(t, t.TempDir(), small)
		c := openCursor(t, q, "erp")
		for i := range 100 {
			err := q.Bury(t.Context(), "fills the room", fmt.Sprint(i), Message{Body: make([]byte, 64<<10), Received: time.Now()})
			if errors.Is(err, ErrFull) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		large := Message{Body: make([]byte, 64<<10), Received: time.Now()}
		if _, err := q.Put(t.Context(), created, "large", large); err != nil {
			t.Fatal(err)
		}
		d := next(t, c)
		if err := d.Bury(t.Context(), "refused", ""); !errors.Is(err, ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		}
		if err := d.Retry(0); err != nil {
			t.Fatal(err)
		}
		if err := q.Forget(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if err := next(t, c).Bury(t.Context(), "refused", ""); err != nil {
			t.Errorf("there is room now: %v", err)
		}
		if got := backlog(t, c).Pending; got != 0 {
			t.Errorf("%d wait", got)
		}
	})
}

func TestDeadLetterThatSaysTooMuch(t *testing.T) {
	t.Parallel()
	everywhere(t, testDeadLetterThatSaysTooMuch)
}

// What is buried is kept whatever is said of it, for nothing else is left of the event.
func testDeadLetterThatSaysTooMuch(t *testing.T, limits config.Queue) {
	// Intake reads 16 KiB of headers, and those of the shortest lines take the most room.
	most := http.Header{"A": make([]string, 16<<10/len("A:\n"))}
	for name, c := range map[string]struct {
		header         http.Header
		reason, answer string
		kept           int  // bytes of the reason, at least
		bare           bool // the headers are not kept
	}{
		"a long reason":                      {reason: "x", kept: maxText - len(ellipsis)},
		"a long reason and the most headers": {header: most, reason: "x", kept: 2 << 10},
		"a long answer, too":                 {header: most, reason: "x", answer: "x", kept: 2 << 10},
		"what takes six times its room":      {header: most, reason: "\x01", answer: "<", kept: minText - len(ellipsis)},
		"headers that leave no room, which intake takes not": {
			header: http.Header{"A": {strings.Repeat("a", maxHeader-400)}}, reason: "\x01", answer: "<", kept: minText - len(ellipsis), bare: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := open(t, t.TempDir(), limits)
			erp := openCursor(t, q, "erp")
			m := Message{Body: []byte("{}"), Header: c.header, Received: time.Now()}
			if _, err := q.Put(t.Context(), created, superoffice.DedupKey(strings.Repeat("k", maxKey/2)), m); err != nil {
				t.Fatal(err)
			}
			if err := next(t, erp).Bury(t.Context(), strings.Repeat(c.reason, 100<<10), strings.Repeat(c.answer, 100<<10)); err != nil {
				t.Fatal(err)
			}
			if err := q.Bury(t.Context(), strings.Repeat(c.reason, 100<<10), strings.Repeat("k", maxKey), m); err != nil {
				t.Errorf("what holds no event: %v", err)
			}
			if n := backlog(t, erp).Pending; n != 0 {
				t.Errorf("%d wait for the sink", n)
			}
			letter := letters(t, q, "erp", 0, 1)[0]
			if kept := strings.TrimSuffix(letter.Reason, ellipsis); len(kept) < c.kept || strings.Trim(kept, c.reason) != "" || kept == letter.Reason {
				t.Errorf("the reason has %d bytes: %.20q", len(letter.Reason), letter.Reason)
			}
			want := c.header
			if c.bare {
				want = nil
			}
			if diff := cmp.Diff(want, letter.Header, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("headers (-put +buried)\n%.500s", diff)
			}
			if err := q.Replay(t.Context(), letter.ID); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"eight by", "eight by"},
		{"nine byte", "nine …"},
		{"ääää", "ääää"},
		{"ääääh", "ää…"},
		{"a\xffb", "ab"},
		{"a\xff\xff\xff\xff\xff\xff\xff\xff", "a…"},
	} {
		if got := Shorten(c.text, 8); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.text, got, c.want)
		}
	}
}
