// SPDX-License-Identifier: Apache-2.0

package intake

import "sync/atomic"

// MaxHeldBytes is how much of bodies is held at a time beyond the first 16 KiB of each, which events fit into. Else all
// connections could keep bodies of the largest size waiting for their last byte, and take some GiB.
const MaxHeldBytes = 32 << 20

// Room is what the requests under way may take at a time, of all webhooks that one server receives: MaxHeldBytes of bodies,
// and MaxConnections requests. Make it with NewRoom.
type Room struct{ held, requests atomic.Int64 }

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
	return &Share{held: loans{left: &r.held, fair: true}, requests: loans{left: &r.requests, fair: true}}
}

// whole is for a handler that has all room for itself.
func (r *Room) whole() *Share {
	return &Share{held: loans{left: &r.held}, requests: loans{left: &r.requests}}
}

// Share is what one webhook takes of a Room.
type Share struct{ held, requests loans }

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
