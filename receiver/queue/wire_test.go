// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// player is an engine that the test plays, on one connection after the other.
type player struct {
	t     *testing.T
	conns chan net.Conn
	conn  net.Conn
	said  *bufio.Reader
}

func playEngine(t *testing.T) (*wire, *player, *failure) {
	t.Helper()
	p := &player{t: t, conns: make(chan net.Conn, 1)}
	failed := &failure{told: make(chan struct{})}
	w, err := openWire(func() (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() { p.conns <- p.greet(theirs) }()
		return ours, nil
	}, failed, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	p.next()
	return w, p, failed
}

// greet is what an engine does at first.
func (p *player) greet(conn net.Conn) net.Conn {
	_, _ = io.WriteString(conn, "INFO {}\r\n")
	_, _ = io.ReadFull(conn, make([]byte, len(wireHello)))
	_, _ = io.WriteString(conn, "PONG\r\n")
	return conn
}

// next waits for a connection.
func (p *player) next() {
	p.t.Helper()
	select {
	case p.conn = <-p.conns:
		p.said = bufio.NewReader(p.conn)
		p.t.Cleanup(func() { _ = p.conn.Close() })
	case <-time.After(patience):
		p.t.Fatal("no connection is made")
	}
}

func (p *player) line() string {
	p.t.Helper()
	_ = p.conn.SetDeadline(time.Now().Add(patience))
	line, err := p.said.ReadString('\n')
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// message reads a message and returns its body and where its answer goes.
func (p *player) message() (body, reply string) {
	p.t.Helper()
	fields := strings.Fields(p.line())
	if len(fields) != 4 || fields[0] != "PUB" {
		p.t.Fatalf("the engine is told %q", fields)
	}
	size, _ := strconv.Atoi(fields[3])
	text := make([]byte, size+len("\r\n"))
	if _, err := io.ReadFull(p.said, text); err != nil {
		p.t.Fatal(err)
	}
	_, payload := unfold(nil, text[:size])
	return string(payload), fields[2]
}

func (p *player) say(format string, args ...any) {
	p.t.Helper()
	if _, err := fmt.Fprintf(p.conn, format, args...); err != nil {
		p.t.Fatal(err)
	}
}

func kept(t *testing.T, p promise) error {
	t.Helper()
	select {
	case err := <-p:
		return err
	case <-time.After(patience):
		t.Fatal("a promise is neither kept nor broken")
		return nil
	}
}

func send(t *testing.T, w *wire, body string) promise {
	t.Helper()
	p, err := w.publish(&record{subject: "event.a", body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnswersReachWhomTheyAreFor(t *testing.T) {
	t.Parallel()
	w, engine, _ := playEngine(t)
	const tooMany = "NATS/1.0 429 Too Many Requests\r\n\r\n"
	answers := map[string]struct {
		answer func(reply string)
		want   string
	}{
		"stored": {func(reply string) { engine.say("MSG %s 1 27\r\n%s\r\n", reply, `{"stream":"EVENTS","seq":1}`) }, ""},
		"full": {func(reply string) {
			text := `{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"EVENTS","seq":0}`
			engine.say("MSG %s 1 %d\r\n%s\r\n", reply, len(text), text)
		}, "maximum bytes exceeded"},
		"nobody":  {func(reply string) { engine.say("HMSG %s 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", reply) }, jetstream.ErrNoStreamResponse.Error()},
		"rubbish": {func(reply string) { engine.say("MSG %s 1 2\r\n{}\r\n", reply) }, errProtocol.Error()},
		"busy": {func(reply string) {
			text := `{"error":{"code":429,"err_code":1,"description":"too many requests"},"stream":"EVENTS","seq":0}`
			engine.say("HMSG %s 1 %d %d\r\n%s%s\r\n", reply, len(tooMany), len(tooMany)+len(text), tooMany, text)
		}, "too many requests"},
	}
	for range 3 { // numbers are used again
		promises, replies := map[string]promise{}, map[string]string{}
		for name := range answers {
			promises[name] = send(t, w, name)
		}
		for range answers {
			body, reply := engine.message()
			replies[body] = reply
		}
		engine.say("PING\r\n")
		if got := engine.line(); got != "PONG" {
			t.Errorf("PING is answered %q", got)
		}
		for name, a := range answers {
			a.answer(replies[name])
			err := kept(t, promises[name])
			if a.want == "" && err != nil || a.want != "" && (err == nil || !strings.Contains(err.Error(), a.want)) {
				t.Errorf("%s: %v, want %q", name, err, a.want)
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.under) != len(answers) || len(w.free) != len(answers) {
		t.Errorf("%d numbers are kept, of which %d are free, want %d", len(w.under), len(w.free), len(answers))
	}
}

func TestBrokenConnectionToTheEngineIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(*player){
		"it is closed":             func(p *player) { _ = p.conn.Close() },
		"the engine complains":     func(p *player) { p.say("-ERR 'Stale Connection'\r\n") },
		"the engine says nonsense": func(p *player) { p.say("MSG elsewhere 1 2\r\n{}\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, engine, _ := playEngine(t)
			lost := send(t, w, "lost")
			engine.message()
			harm(engine)
			if err := kept(t, lost); !errors.Is(err, errWireLost) {
				t.Errorf("whoever waits is told %v", err)
			}
			engine.next()
			var again promise
			eventually(t, func() string {
				var err error
				if again, err = w.publish(&record{subject: "event.a", body: []byte("again")}); err != nil {
					return err.Error()
				}
				return ""
			})
			body, reply := engine.message()
			if body != "again" {
				t.Errorf("the new connection begins with %q", body)
			}
			engine.say("MSG %s 1 27\r\n%s\r\n", reply, `{"stream":"EVENTS","seq":1}`)
			if err := kept(t, again); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFailedEngineKeepsNoPromise(t *testing.T) {
	t.Parallel()
	w, engine, failed := playEngine(t)
	waiting := send(t, w, "waiting")
	engine.message()
	failed.tell()
	if err := kept(t, waiting); !errors.Is(err, errStopped) {
		t.Errorf("whoever waits is told %v", err)
	}
	if _, err := w.publish(&record{subject: "event.a"}); !errors.Is(err, errStopped) {
		t.Errorf("who comes later is told %v", err)
	}
}

func TestWireRefuses(t *testing.T) {
	t.Parallel()
	w, _, _ := playEngine(t)
	for name, c := range map[string]struct {
		record record
		want   error
	}{
		"a subject that would end the line": {record{subject: "event.a b"}, nats.ErrBadSubject},
		"more than the engine takes":        {record{subject: "event.a", body: make([]byte, maxPayload+1)}, nats.ErrMaxPayload},
	} {
		if _, err := w.publish(&c.record); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
