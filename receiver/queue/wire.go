// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats.go"
)

const (
	// wireReply begins the subjects of answers; the number of a promise follows.
	wireReply = "_STORE."
	// wireBuffer is how much is read at a time, and kept of the memory that messages are gathered in.
	wireBuffer = 64 << 10
	// wireRetry is waited before a connection that broke is made anew.
	wireRetry = 100 * time.Millisecond
	// wireMany is how many messages show that there is more to come.
	wireMany = 4
)

var (
	errWireLost = errors.New("the connection to the queue engine was lost")
	errWireBusy = errors.New("too many messages wait for the queue engine")
)

// wire is a connection to the engine inside this process through which messages are stored, in the client protocol
// (https://docs.nats.io/reference/reference-protocols/nats-protocol). The client library can do that too, but takes more time
// for a message than the engine: headers become a map and a text again, each message gets a timer, a subject for its answer
// that the engine has never seen, and JSON to decode.
//
// Many messages go out in one write. Answers are told apart by their subjects, of which there are only as many as messages
// have been under way at a time, so that the engine's caches know them.
type wire struct {
	dial   func() (net.Conn, error)
	failed *failure
	log    logr.Logger
	wake   chan struct{} // there is something in out
	more   *arrivals
	stop   context.CancelFunc
	ended  <-chan struct{}
	all    sync.WaitGroup

	mu    sync.Mutex
	out   []byte    // what is to be written
	many  int       // how many messages are in it
	under []promise // what answers are expected for, by number
	free  []int     // numbers that are nil in under
	lost  error     // why nothing can be sent
}

// promise is the answer of the engine that is to come: nil once it has stored the message.
type promise chan error

func newPromise() promise { return make(promise, 1) }

// openWire connects; close must follow.
func openWire(dial func() (net.Conn, error), failed *failure, log logr.Logger) (*wire, error) {
	more, err := newArrivals()
	if err != nil {
		return nil, fmt.Errorf("connect to the queue engine: %w", err)
	}
	running, stop := context.WithCancel(context.Background())
	w := &wire{dial: dial, failed: failed, log: log, wake: make(chan struct{}, 1), more: more, stop: stop, ended: running.Done()}
	conn, answers, err := w.connect()
	if err != nil {
		stop()
		more.close()
		return nil, err
	}
	w.all.Go(func() { w.run(conn, answers) })
	return w, nil
}

// close may be called more than once.
func (w *wire) close() {
	w.stop()
	w.all.Wait()
	w.more.close()
}

// publish sends a message. Its promise is kept, or broken, also when the connection is lost or the engine has failed.
func (w *wire) publish(r *record) (promise, error) {
	if strings.ContainsAny(r.subject, " \t\r\n") {
		return nil, nats.ErrBadSubject
	}
	var room [1 << 10]byte
	header := r.appendHeader(room[:0])
	if len(header)+len(r.body) > maxPayload {
		return nil, nats.ErrMaxPayload
	}
	p := newPromise()
	w.mu.Lock()
	if w.lost != nil {
		defer w.mu.Unlock()
		return nil, w.lost
	}
	number, ok := w.expect(p)
	if !ok {
		defer w.mu.Unlock()
		return nil, errWireBusy
	}
	first := len(w.out) == 0
	w.out = appendPublish(w.out, r, header, number)
	w.many++
	w.mu.Unlock()
	if first {
		w.writable()
	}
	return p, nil
}

// expect gives a promise a number. The lowest are given first. The lock is held.
func (w *wire) expect(p promise) (number int, ok bool) {
	if n := len(w.free); n > 0 {
		number, w.free = w.free[n-1], w.free[:n-1]
		w.under[number] = p
		return number, true
	}
	if len(w.under) >= maxStoring {
		return 0, false
	}
	w.under = append(w.under, p)
	return len(w.under) - 1, true
}

func (w *wire) writable() {
	select {
	case w.wake <- struct{}{}:
	default: // it was told already
	}
}

// run keeps up a connection until the end.
func (w *wire) run(conn net.Conn, answers *bufio.Reader) {
	for {
		err := w.serve(conn, answers)
		w.breakAll(w.problem())
		for conn = nil; conn == nil; {
			select {
			case <-w.ended:
				return
			case <-w.failed.told:
				w.breakAll(w.problem())
				return
			case <-time.After(wireRetry):
			}
			w.log.V(1).Info("the connection to the queue engine is made anew", "problem", err.Error())
			conn, answers, err = w.connect()
		}
		w.mu.Lock()
		w.lost = nil
		w.mu.Unlock()
	}
}

// problem says why there is no connection.
func (w *wire) problem() error {
	select {
	case <-w.failed.told:
		return errStopped
	default:
		return errWireLost
	}
}

// connect returns a connection and what the engine says on it.
func (w *wire) connect() (net.Conn, *bufio.Reader, error) {
	conn, err := w.dial()
	if err != nil {
		return nil, nil, fmt.Errorf("connect to the queue engine: %w", err)
	}
	answers := bufio.NewReaderSize(conn, wireBuffer)
	if err := greet(conn, answers); err != nil {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("connect to the queue engine: %w", err)
	}
	return conn, answers, nil
}

// serve sends what is gathered and takes answers until the connection breaks or is to end.
func (w *wire) serve(conn net.Conn, answers *bufio.Reader) error {
	broken := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { w.write(conn, broken) })
	err := w.read(answers)
	close(broken)
	_ = conn.Close()
	writer.Wait()
	return err
}

// write sends what is gathered, again and again.
func (w *wire) write(conn net.Conn, broken <-chan struct{}) {
	defer conn.Close() //nolint:errcheck // nothing is lost with it
	var batch []byte
	for {
		select {
		case <-w.wake:
		case <-broken:
			return
		case <-w.ended:
			return
		case <-w.failed.told:
			return
		}
		w.gather()
		w.mu.Lock()
		batch, w.out, w.many = w.out, batch[:0], 0
		w.mu.Unlock()
		if len(batch) == 0 { // it went out with the one before
			continue
		}
		if _, err := conn.Write(batch); err != nil {
			return
		}
		if cap(batch) > 16*wireBuffer { // of a message of unusual size
			batch = nil
		}
	}
}

// gather lets all who can run now have their messages gathered: what goes out together costs little more than one message alone.
// Where these are many, those are waited for, too, whose requests came meanwhile.
func (w *wire) gather() {
	runtime.Gosched()
	w.mu.Lock()
	many := w.many
	w.mu.Unlock()
	if many >= wireMany && w.more.await() == nil {
		runtime.Gosched()
	}
}

// read takes answers until the connection breaks.
func (w *wire) read(answers *bufio.Reader) error {
	for {
		line, err := answers.ReadSlice('\n')
		if err != nil {
			return err
		}
		switch {
		case bytes.HasPrefix(line, []byte("MSG ")), bytes.HasPrefix(line, []byte("HMSG ")):
			number, header, size, err := parseAnswer(line)
			if err != nil {
				return err
			}
			text, err := answers.Peek(size + len("\r\n"))
			if err != nil {
				return err
			}
			w.answered(number, verdict(text[header:size]))
			if _, err := answers.Discard(len(text)); err != nil {
				return err
			}
		case bytes.HasPrefix(line, []byte("PING")):
			w.mu.Lock()
			w.out = append(w.out, "PONG\r\n"...)
			w.mu.Unlock()
			w.writable()
		case bytes.HasPrefix(line, []byte("-ERR")):
			return fmt.Errorf("%w: %s", errProtocol, bytes.TrimSpace(line))
		}
	}
}

func (w *wire) answered(number int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if number < 0 || number >= len(w.under) || w.under[number] == nil {
		return
	}
	w.under[number] <- err
	w.under[number] = nil
	w.free = append(w.free, number)
}

// breakAll gives all who wait the same answer, and everybody who comes until there is another connection.
func (w *wire) breakAll(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost, w.out, w.many = err, nil, 0
	for _, p := range w.under {
		if p != nil {
			p <- err
		}
	}
	w.under, w.free = nil, nil
}
