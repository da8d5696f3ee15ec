// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// disk has the disk take what was written to the queue's directory, once for all who wait for it. While one sync is under
// way, those who come meanwhile gather for the next: what they wrote may have come too late for the first. So many
// requests share one sync, and none waits for more than two.
type disk struct {
	sync func() error
	// busy is full during a sync, and while files are rewritten that are on the disk already, see apart.
	busy chan struct{}

	mu     sync.Mutex
	next   *round        // gathers who comes now
	coming int           // who is expected and not there yet
	all    chan struct{} // told once nobody is

	wake    chan struct{} // somebody waits
	stop    context.CancelFunc
	closed  <-chan struct{}
	stopped sync.WaitGroup
}

// gatherTime is how long a round waits for those who are about to come at most.
const gatherTime = time.Millisecond

var errClosed = errors.New("the queue is closed")

// round is one sync and those who wait for it.
type round struct {
	joined int // who waits
	done   chan struct{}
	err    error // to be read once done is closed
}

func newRound() *round { return &round{done: make(chan struct{})} }

// openDisk has the disk take all that is below a directory whenever somebody wants that; close must follow.
func openDisk(dir string) *disk {
	running, stop := context.WithCancel(context.Background())
	d := &disk{sync: flusher(dir), busy: make(chan struct{}, 1), next: newRound(), stop: stop, closed: running.Done()}
	d.all, d.wake = make(chan struct{}, 1), make(chan struct{}, 1)
	d.stopped.Go(d.run)
	return d
}

// expect has the next round wait for somebody who is about to come. Either arrived or absent must follow.
func (d *disk) expect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.coming++
}

// absent takes an expectation back.
func (d *disk) absent() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.came()
}

// came is called with mu held.
func (d *disk) came() {
	if d.coming--; d.coming == 0 {
		tell(d.all)
	}
}

// arrived is reached for who was expected.
func (d *disk) arrived(ctx context.Context) error {
	d.mu.Lock()
	r := d.join()
	d.came()
	d.mu.Unlock()
	return d.wait(ctx, r)
}

// reached returns when everything that was written before the call is on the disk, or with the error why it may not be.
func (d *disk) reached(ctx context.Context) error {
	d.mu.Lock()
	r := d.join()
	d.mu.Unlock()
	return d.wait(ctx, r)
}

// join is called with mu held.
func (d *disk) join() *round {
	d.next.joined++
	tell(d.wake)
	return d.next
}

// tell never waits: who was told already need not be told again.
func tell(whom chan<- struct{}) {
	select {
	case whom <- struct{}{}:
	default:
	}
}

func (d *disk) wait(ctx context.Context, r *round) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	case <-d.closed:
		return errClosed
	}
}

func (d *disk) run() {
	var failed error
	for {
		select {
		case <-d.wake:
		case <-d.closed:
			return
		}
		d.gather()
		if r := d.begin(); r != nil {
			if failed == nil {
				failed = d.apart(d.sync)
			}
			if failed != nil { // the system may have dropped what it could not write, and tell of success the next time
				r.err = fmt.Errorf("have the disk take what was written: %w", failed)
			}
			close(r.done)
		}
	}
}

// gather waits for all who are about to come, so that they share the round rather than that it begins for the first of them:
// it costs several times what is done for an event.
func (d *disk) gather() {
	if d.complete() {
		return
	}
	select {
	case <-d.all:
	case <-time.After(gatherTime):
	case <-d.closed:
	}
}

func (d *disk) complete() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.all: // this was then
	default:
	}
	return d.coming == 0
}

// apart keeps a sync and what rewrites files apart. The engine replaces a file that the disk has by a shorter one and leaves
// it to the system when to write that; a sync of other files in that moment could have the disk take the new name first.
func (d *disk) apart(f func() error) error {
	d.busy <- struct{}{}
	defer func() { <-d.busy }()
	return f()
}

// begin lets the gathered round begin and the next one gather; nil if nobody waits, because the last took him along.
func (d *disk) begin() *round {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.next
	if r.joined == 0 {
		return nil
	}
	d.next = newRound()
	return r
}

// close ends the work; who still waits gets an error. It may be called more than once.
func (d *disk) close() {
	d.stop()
	d.stopped.Wait()
}
