// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"sync"
	"sync/atomic"
)

// MaxHeldBytes is how much of bodies is held at a time beyond the first 16 KiB of each, which events fit into. Else all
// connections could keep bodies of the largest size waiting for their last byte, and take some GiB.
const MaxHeldBytes = 32 << 20

// Room is what the requests under way may take at a time, of all webhooks that one server receives: MaxHeldBytes of bodies,
// and MaxConnections requests. Make it with NewRoom.
type Room struct {
	held, requests atomic.Int64
	spare          spare
}

// NewRoom makes room that nobody has taken of yet.
func NewRoom() *Room {
	r := &Room{}
	r.held.Store(MaxHeldBytes)
	r.requests.Store(MaxConnections)
	return r
}

// Share is what the requests of one webhook take. A webhook may have as much as is left for all others: half of the room when
// it is the only one in want, a third each when there are two, so that some is left for the next one whoever floods.
func (r *Room) Share() *Share {
	return &Share{held: loans{left: &r.held, fair: true}, requests: loans{left: &r.requests, fair: true}, spare: &r.spare}
}

// whole is for a handler that has all room for itself.
func (r *Room) whole() *Share {
	return &Share{held: loans{left: &r.held}, requests: loans{left: &r.requests}, spare: &r.spare}
}

// Share is what one webhook takes of a Room.
type Share struct {
	held, requests loans
	spare          *spare
}

// loans are what one has taken of an amount.
type loans struct {
	left  *atomic.Int64
	taken atomic.Int64
	fair  bool
}

// take takes n in any case, which must be given back, and tells whether that much was to be had.
func (l *loans) take(n int64) bool {
	left, taken := l.left.Add(-n), l.taken.Add(n)
	return left >= 0 && (!l.fair || taken <= left)
}

func (l *loans) giveBack(n int64) {
	l.taken.Add(-n)
	l.left.Add(n)
}

const (
	// maxSpare is how many bodies' memory is kept for the next ones, 1 MiB in all: as many as wait for the queue at a time when there
	// is much to do.
	maxSpare = 256
	// spareBytes is its size, into which nearly all events fit.
	spareBytes = 4 << 10
)

// spare is memory of bodies that are done with. It is used again because the processor has it in its cache still, which it has
// not of what the garbage collector hands out.
type spare struct {
	mu     sync.Mutex
	bodies [][]byte // the one that was used last is the last
}

// take returns memory for a body of n bytes.
func (s *spare) take(n int64) []byte {
	if n > spareBytes {
		return make([]byte, n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.bodies) - 1
	if last < 0 {
		return make([]byte, n, spareBytes)
	}
	body := s.bodies[last][:n]
	s.bodies = s.bodies[:last]
	return body
}

// giveBack takes back a body that nobody looks at any more. Any other is none of its business.
func (s *spare) giveBack(body []byte) {
	if cap(body) != spareBytes {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.bodies) < maxSpare {
		s.bodies = append(s.bodies, body)
	}
}
