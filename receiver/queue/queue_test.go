// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestPut(t *testing.T) {
	t.Parallel()
	everywhere(t, testPut)
}

func testPut(t *testing.T, limits config.Queue) {
	t.Run("keeps the body to the byte and every header", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		want := Message{
			Body: fixtures.SignedBody(),
			Header: http.Header{
				"X-Superoffice-Signature": {fixtures.SignedSignature},
				"X-Many":                  {"one", "two, three", ""},
				"X-Odd!#$%&'*+.^_`|~":     {"tab\tand \"quotes\"; ümlaut \xff"},
				"Nats-Msg-Id":             {"not ours"},
				"Received":                {"yesterday"},
			},
			Received: time.Date(2026, 2, 3, 4, 5, 6, 123456789, time.UTC),
		}
		if _, err := q.Put(t.Context(), created, "key", want); err != nil {
			t.Fatal(err)
		}
		d := next(t, c)
		if diff := cmp.Diff(want, d.Message); diff != "" {
			t.Errorf("(-put +delivered)\n%s", diff)
		}
		if d.Attempt != 1 || !d.Since.Equal(want.Received) {
			t.Errorf("attempt %d since %s", d.Attempt, d.Since)
		}
		if err := d.Ack(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("keeps bodies of any bytes, none and many included", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		for i, body := range [][]byte{{}, {0, '\r', '\n', 0xff}, bytes.Repeat([]byte("\r\nx"), 8<<20/3)} {
			if _, err := q.Put(t.Context(), created, superoffice.DedupKey(fmt.Sprint(i)), Message{Body: body, Received: time.Now()}); err != nil {
				t.Fatal(err)
			}
			d := next(t, c)
			if !bytes.Equal(d.Body, body) {
				t.Errorf("body %d came with %d bytes, want %d", i, len(d.Body), len(body))
			}
			if err := d.Ack(); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("stores a repetition once, also after a restart", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		q := open(t, dir, limits)
		openCursor(t, q, "erp")
		long := strings.Repeat("long ", 100_000)
		put(t, q, created, "a")
		put(t, q, created, long)
		for range 2 {
			for _, key := range []string{"a", long} {
				duplicate, err := q.Put(t.Context(), created, superoffice.DedupKey(key), message(key))
				if err != nil || !duplicate {
					t.Fatalf("repetition: duplicate %t, error %v", duplicate, err)
				}
			}
			q.Close()
			q = open(t, dir, limits)
		}
		c := openCursor(t, q, "erp")
		ack(t, c, "a")
		ack(t, c, long)
		nothing(t, c)
	})
	t.Run("stores it again after the duplicate window", func(t *testing.T) {
		t.Parallel()
		short := limits
		short.DuplicateWindow = config.Duration(100 * time.Millisecond)
		q := open(t, t.TempDir(), short)
		put(t, q, created, "a")
		eventually(t, func() string {
			duplicate, err := q.Put(t.Context(), created, "a", message("a"))
			if err != nil || duplicate {
				return fmt.Sprintf("duplicate %t, error %v", duplicate, err)
			}
			return ""
		})
	})
}

func TestFullQueue(t *testing.T) {
	t.Parallel()
	everywhere(t, testFullQueue)
}

func testFullQueue(t *testing.T, limits config.Queue) {
	whole := t // its parts follow one on another
	small := limits
	small.MaxBytes = 1 << 20
	dir := t.TempDir()
	q := open(t, dir, small)
	c := openCursor(t, q, "erp")
	large := Message{Body: make([]byte, 100<<10), Received: time.Now()}
	stored := 0
	for ; ; stored++ {
		_, err := q.Put(t.Context(), created, superoffice.DedupKey(fmt.Sprint(stored)), large)
		if errors.Is(err, ErrFull) {
			break
		}
		if err != nil || stored > 20 {
			t.Fatalf("after %d messages: %v", stored, err)
		}
	}
	if stored != 10 {
		t.Errorf("%d messages of 100 KiB fit into 1 MiB, want 10", stored)
	}

	t.Run("takes what still fits", func(t *testing.T) {
		put(t, q, created, "small")
		if err := q.Healthy(t.Context()); err != nil {
			t.Errorf("there is room for small messages: %v", err)
		}
	})
	t.Run("is not healthy without room for one ordinary message", func(t *testing.T) {
		for i := 0; ; i++ {
			if _, err := q.Put(t.Context(), created, superoffice.DedupKey(fmt.Sprint("s", i)), Message{Body: make([]byte, 1600), Received: time.Now()}); err != nil {
				break
			}
		}
		if err := q.Healthy(t.Context()); !errors.Is(err, ErrFull) {
			t.Errorf("got %v, want ErrFull", err)
		}
		if err := q.Alive(); err != nil {
			t.Errorf("a restart would not help, but Alive says %v", err)
		}
	})
	t.Run("drops nothing, not even over a restart with a lower limit", func(t *testing.T) {
		q.Close()
		lower := small
		lower.MaxBytes = 512 << 10
		q = open(whole, dir, lower)
		c = openCursor(whole, q, "erp")
		for range stored {
			d := next(t, c)
			if len(d.Body) != len(large.Body) {
				t.Fatalf("got %d bytes", len(d.Body))
			}
			if err := d.Ack(); err != nil {
				t.Fatal(err)
			}
		}
		ack(t, c, "small")
	})
	t.Run("has room again once all sinks have what is in it, though the duplicate window is not over", func(t *testing.T) {
		eventually(t, func() string {
			for {
				ctx, cancel := contextFor(t, quiet)
				d, err := c.Next(ctx)
				cancel()
				if err != nil {
					break
				}
				if err := d.Ack(); err != nil {
					t.Fatal(err)
				}
			}
			if err := q.Healthy(t.Context()); err != nil {
				return err.Error()
			}
			return ""
		})
		if _, err := q.Put(t.Context(), created, "later", large); err != nil {
			t.Error(err)
		}
	})
	t.Run("has room again when it is given more", func(t *testing.T) {
		wide := small
		wide.MaxBytes = 2 << 20
		if err := q.Configure(t.Context(), wide); err != nil {
			t.Fatal(err)
		}
		if got := stats(t, q).MaxBytes; got != wide.MaxBytes {
			t.Errorf("limit %d, want %d", got, wide.MaxBytes)
		}
	})
}
