// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"os"
	"sync"
	"syscall"
)

// perLook is how many attempts begin before the network is looked at: few, so that requests to intake are seen soon, and
// enough that looking, which costs some microseconds, does not matter.
const perLook = 4

// turns lets a few attempts begin at a time, and the next ones once the runtime has looked at the network. It does so only
// when no goroutine can run, and behind a backlog all that deliver can, one after the other. Requests to intake would not be
// noticed meanwhile: with sixteen attempts at a time and one processor, for a millisecond.
//
// An attempt to a sink that takes its time waits for no turn, because nothing else runs then.
type turns struct {
	mu   sync.Mutex
	left int

	read, write *os.File // a pipe; nil: there are turns without end
	conn        syscall.RawConn
}

// newTurns does without, rather than not deliver, if the system has no pipe left.
func newTurns() *turns {
	read, write, err := os.Pipe()
	if err != nil {
		return &turns{}
	}
	conn, err := read.SyscallConn()
	if err != nil {
		_, _ = read.Close(), write.Close()
		return &turns{}
	}
	return &turns{read: read, write: write, conn: conn}
}

// take waits for a turn.
func (t *turns) take() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil {
		return
	}
	if t.left == 0 {
		t.look()
		t.left = perLook
	}
	t.left--
}

// look returns once the runtime has looked at the network, and found the byte that is written meanwhile.
func (t *turns) look() {
	var one [1]byte
	written := false
	_ = t.conn.Read(func(fd uintptr) (done bool) {
		if !written {
			written = true
			_, err := t.write.Write(one[:])
			return err != nil
		}
		_, _ = syscall.Read(int(fd), one[:])
		return true
	})
}

// close gives the pipe back. Whoever waits has a turn, and so has everybody afterwards.
func (t *turns) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn != nil {
		_, _ = t.read.Close(), t.write.Close()
		t.conn = nil
	}
}
