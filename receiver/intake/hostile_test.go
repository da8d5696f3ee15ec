// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// chapter is a part of the corpus of hostile requests, and of docs/intake.md.
type chapter struct {
	title string
	cases []hostile
}

// corpus is all that is known of what a sender may write to a connection. docs/intake.md is made from it.
func corpus() []chapter {
	return slices.Concat(hostileHTTP(), hostileRequests(), hostileBodies())
}

// hostile is what a sender writes to a connection, to the byte, and what comes of it.
type hostile struct {
	what string // in the words of docs/intake.md
	raw  []byte
	end  ending
	// want are the answers of intake, in their order; byServer is the one of Go's server behind them, if there is one.
	want     []intake.Reason
	byServer int
	// invited tells whether the sender is told to go on with its body.
	invited bool
	// stored are the events that are kept, dead the bodies that are kept as dead letters.
	stored, dead [][]byte
}

// ending is what the sender does after its last byte.
type ending int

const (
	waits  ending = iota // reads until the server closes the connection, and sends no more
	stalls               // keeps the connection open, and the server waiting
	leaves               // is gone at once, without an answer
)

// short is how long a server waits for senders that stall. It is long enough for those that do not.
const short = 2 * time.Second

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	for _, part := range corpus() {
		t.Run(part.title, func(t *testing.T) {
			t.Parallel()
			for _, c := range part.cases {
				t.Run(c.what, func(t *testing.T) {
					t.Parallel()
					c.play(t)
				})
			}
		})
	}
}

// play has a receiver of its own meet the case, and then an honest request.
func (c hostile) play(t *testing.T) {
	t.Helper()
	r := open(t, rules(func(r *intake.Rules) { r.MaxBodyBytes = config.DefaultMaxBodyBytes }), func(s *http.Server) {
		if c.end == stalls {
			s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout = short, short, short
		}
		t.Cleanup(func() { _ = s.Close() }) // all is answered, and it would hold refused connections for another while
	})
	conn := dial(t, r.address)
	writing := make(chan struct{})
	go func() { // the answer may come, and the connection go, before all is written
		defer close(writing)
		_, _ = conn.Write(c.raw)
		switch c.end {
		case waits:
			_ = conn.CloseWrite()
		case leaves:
			_ = conn.Close()
		case stalls:
		}
	}()
	if c.end != leaves {
		c.compare(t, conn)
		_ = conn.Close()
	}
	<-writing
	answered := map[intake.Reason]int{}
	for _, reason := range c.want {
		answered[reason]++
	}
	r.counts.await(t, answered)

	honest := event(superoffice.ActivityCreated, "honest")
	check(t, intake.Stored, post(honest).send(t, r.address), "")
	answered[intake.Stored]++
	r.counts.await(t, answered)
	var dead []letter
	for _, body := range c.dead {
		_, err := superoffice.Parse(body)
		dead = append(dead, letter{err.Error(), string(body)})
	}
	r.holds(t, append(slices.Clone(c.stored), honest), dead)
}

// compare reads all that comes until the server closes the connection.
func (c hostile) compare(t *testing.T, conn net.Conn) {
	t.Helper()
	from := bufio.NewReader(conn)
	method, _, _ := bytes.Cut(c.raw, []byte(" "))
	if invited, err := from.Peek(len(goOn)); err == nil && string(invited) == goOn {
		if !c.invited {
			t.Error("the sender is told to go on")
		}
		_, _ = from.Discard(len(goOn))
	} else if c.invited {
		t.Errorf("the sender is not told to go on, but %q", invited)
	}
	for i, want := range c.want {
		got, err := readAnswer(from, string(method))
		if err != nil {
			t.Fatalf("answer %d, which should be %s: %v", i, want, err)
		}
		check(t, want, got, string(method))
	}
	if c.byServer != 0 {
		got, err := readAnswer(from, string(method))
		if err != nil || got.status != c.byServer || !got.last {
			t.Fatalf("the server answers %+v, %v, want %d and the end", got, err, c.byServer)
		}
	}
	rest, err := io.ReadAll(from)
	var lost *net.OpError
	if err != nil && (!errors.As(err, &lost) || lost.Timeout()) { // closed with bytes unread, it may be reset
		t.Error(err)
	}
	if len(rest) > 0 {
		t.Errorf("behind it comes %q", rest[:min(len(rest), 300)])
	}
}

// raw puts pieces of bytes and requests one behind the other.
func raw(pieces ...any) []byte {
	var all []byte
	for _, piece := range pieces {
		switch p := piece.(type) {
		case request:
			all = append(all, p.bytes()...)
		case string:
			all = append(all, p...)
		case []byte:
			all = append(all, p...)
		}
	}
	return all
}
