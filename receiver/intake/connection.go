// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"net"
	"sync"
	"time"
)

// slack is how much later than asked for a time limit of a connection may take effect.
const slack = time.Second

// connection spares the server two things that it does for every request, and that take longer than to parse one: to set
// five time limits, of which mostly none has anything to wait for, and to watch whether the sender hangs up meanwhile,
// which nobody here wants to know.
type connection struct {
	net.Conn // of TCP
	read     limit
	write    limit
	// passed over: the last read was that of the watch. No lock is needed, since there is one read at a time.
	passed bool
}

func newConnection(c net.Conn) *connection {
	return &connection{Conn: c, read: limit{set: c.SetReadDeadline}, write: limit{set: c.SetWriteDeadline}}
}

// Read passes over a read of a single byte, which is how Go's server watches: in a goroutine of its own, which it starts
// when the body was read and waits for after the answer. A second one in a row is answered, since nothing says that only
// the watch reads so little.
func (c *connection) Read(p []byte) (int, error) {
	if len(p) == 1 && !c.passed {
		c.passed = true
		return 0, nil
	}
	c.passed = false
	if err := c.read.begin(); err != nil {
		return 0, err
	}
	defer c.read.end()
	return c.Conn.Read(p)
}

func (c *connection) Write(p []byte) (int, error) {
	if err := c.write.begin(); err != nil {
		return 0, err
	}
	defer c.write.end()
	return c.Conn.Write(p)
}

func (c *connection) SetReadDeadline(t time.Time) error  { return c.read.want(t) }
func (c *connection) SetWriteDeadline(t time.Time) error { return c.write.want(t) }

func (c *connection) SetDeadline(t time.Time) error {
	if err := c.read.want(t); err != nil {
		return err
	}
	return c.write.want(t)
}

// CloseWrite lets the server say that it is done while the sender still sends, so that the answer arrives.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Conn.Close()
}

// limit is a time limit that is set when something may have to wait for it, and that is not set anew as long as the one that is
// set is later by no more than slack.
type limit struct {
	set func(time.Time) error

	mu     sync.Mutex
	wanted time.Time
	inUse  time.Time
	busy   bool
}

func (l *limit) want(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = t
	if l.busy { // somebody waits
		return l.use(t)
	}
	return nil
}

func (l *limit) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = true
	if late := l.inUse.Sub(l.wanted); late >= 0 && late <= slack { // two that are none differ by nothing, too
		return nil
	}
	if l.wanted.IsZero() {
		return l.use(l.wanted)
	}
	return l.use(l.wanted.Add(slack))
}

func (l *limit) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = false
}

func (l *limit) use(t time.Time) error {
	l.inUse = t
	return l.set(t)
}
