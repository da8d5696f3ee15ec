// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
)

// ErrClosed says that a Spawner was asked to start a process after Close.
var ErrClosed = errors.New("spawner is closed")

// Command is a program to start.
type Command struct {
	// Path names the program's file.
	Path string
	// Args are its arguments, without the program's name.
	Args []string
	// Env is its whole environment, as name=value. Nothing is inherited.
	Env []string
	// Dir is its working directory.
	Dir string
	// Output receives what it writes to stdout and stderr. The caller may close it once Start returned.
	Output *os.File
}

// Spawner starts processes. The kernel's promise to kill a child with its parent holds for the thread that forked the
// child, not for the process, and Go ends threads as it likes. So all forks happen on one thread, which lives until
// Close.
type Spawner struct {
	forks chan func()
	quit  chan struct{}
	done  chan struct{}

	mu      sync.Mutex
	closed  bool
	running map[*Process]struct{}
}

// NewSpawner returns a Spawner, which must be closed.
func NewSpawner() *Spawner {
	s := &Spawner{
		forks:   make(chan func()),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
		running: map[*Process]struct{}{},
	}
	go s.fork()
	return s
}

func (s *Spawner) fork() {
	defer close(s.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread() // no child is left then; an idle thread can serve others
	for {
		select {
		case f := <-s.forks:
			f()
		case <-s.quit:
			return
		}
	}
}

// Start starts the command and returns as soon as it runs. The caller need not wait for the process: it is reaped.
func (s *Spawner) Start(c Command) (*Process, error) {
	cmd := exec.Command(c.Path, c.Args...) // #nosec G204 -- starting programs is what this package is for
	cmd.Env = c.Env
	if cmd.Env == nil {
		cmd.Env = []string{} // nil would inherit ours
	}
	cmd.Dir = c.Dir
	if c.Output != nil {
		cmd.Stdout, cmd.Stderr = c.Output, c.Output
	}
	cmd.SysProcAttr = attributes()

	p := &Process{cmd: cmd, done: make(chan struct{})}
	if err := s.start(p); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	return p, nil
}

func (s *Spawner) start(p *Process) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	started := make(chan error)
	s.forks <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return err
	}
	s.running[p] = struct{}{}
	go func() {
		p.wait()
		s.mu.Lock()
		delete(s.running, p)
		s.mu.Unlock()
		close(p.done)
	}()
	return nil
}

// Close kills every process that still runs, waits until all have ended, and gives the thread back.
func (s *Spawner) Close() {
	left, first := s.close()
	for _, p := range left {
		p.Kill()
		<-p.Done()
	}
	if first {
		close(s.quit)
	}
	<-s.done
}

// close forbids further starts. It returns what still runs, and whether this is the first call.
func (s *Spawner) close() (left []*Process, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.running {
		left = append(left, p)
	}
	first = !s.closed
	s.closed = true
	return left, first
}
