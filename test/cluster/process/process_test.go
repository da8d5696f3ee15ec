// SPDX-License-Identifier: Apache-2.0

package process

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestExit(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	for name, c := range map[string]struct {
		script string
		code   int
		signal syscall.Signal
	}{
		"is 0 for a success":                          {"exit 0", 0, 0},
		"is what the program says":                    {"exit 7", 7, 0},
		"is 128 and the signal of a violent death":    {"kill -KILL $$", 137, syscall.SIGKILL},
		"is 128 and the signal that nobody handled":   {"kill -TERM $$", 143, syscall.SIGTERM},
		"is no signal where the program only says so": {"exit 137", 137, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := shell(t, s, c.script)
			for range 2 { // it can be asked for again
				if code, signal := p.Exit(); code != c.code || signal != c.signal {
					t.Errorf("got %d (signal %d), want %d (signal %d)", code, signal, c.code, c.signal)
				}
			}
		})
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	t.Run("lets a program end in its own way", func(t *testing.T) {
		t.Parallel()
		p, output := shell(t, s, `trap 'echo goodbye; exit 3' TERM; echo ready; sleep 1000 & wait`)
		says(t, output, "ready")
		p.Stop(patience)
		if code, signal := p.Exit(); code != 3 || signal != 0 {
			t.Errorf("exit code %d, signal %d", code, signal)
		}
		says(t, output, "goodbye")
	})
	t.Run("kills a program that does not end within the grace period", func(t *testing.T) {
		t.Parallel()
		p, output := shell(t, s, `trap '' TERM; echo ready; while :; do sleep 1; done`)
		says(t, output, "ready")
		begun := time.Now()
		const grace = 300 * time.Millisecond
		p.Stop(grace)
		if took := time.Since(begun); took < grace {
			t.Errorf("killed after %s, before its grace period of %s was over", took, grace)
		}
		if _, signal := p.Exit(); signal != syscall.SIGKILL {
			t.Errorf("ended by signal %d", signal)
		}
	})
	t.Run("leaves a program in peace that has ended", func(t *testing.T) {
		t.Parallel()
		p, _ := shell(t, s, "exit 5")
		awaitEnd(t, p)
		p.Stop(patience)
		p.Kill()
		p.Signal(syscall.SIGTERM)
		if code, _ := p.Exit(); code != 5 {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("may be called by several", func(t *testing.T) {
		t.Parallel()
		p, output := shell(t, s, `echo ready; sleep 1000`)
		says(t, output, "ready")
		go p.Stop(patience)
		p.Stop(patience)
		awaitEnd(t, p)
	})
}

func TestProcessGroup(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	t.Run("gets each signal as a whole", func(t *testing.T) {
		t.Parallel()
		p, output := shell(t, s, `trap 'wait; exit 0' USR1; (trap 'echo child; exit' USR1; echo ready; while :; do sleep 0.05; done) & wait`)
		says(t, output, "ready")
		p.Signal(syscall.SIGUSR1)
		says(t, output, "child")
		awaitEnd(t, p)
	})
	t.Run("is killed as a whole", func(t *testing.T) {
		t.Parallel()
		p, output := shell(t, s, `sleep 1000 & echo child $!; wait`)
		child := childOf(t, output)
		p.Kill()
		awaitEnd(t, p)
		gone(t, child)
	})
	t.Run("does not outlive the program that leads it", func(t *testing.T) {
		t.Parallel()
		p, output := shell(t, s, `sleep 1000 & echo child $!`)
		child := childOf(t, output)
		awaitEnd(t, p)
		gone(t, child)
	})
	t.Run("is not the one of the parent", func(t *testing.T) {
		t.Parallel()
		p, _ := shell(t, s, `sleep 1000`)
		group, err := syscall.Getpgid(p.PID())
		if err != nil || group != p.PID() || group == syscall.Getpgrp() {
			t.Errorf("group %d of process %d, error %v", group, p.PID(), err)
		}
	})
}

// childOf waits until a script has told the number of its child.
func childOf(t *testing.T, output string) int {
	t.Helper()
	lines := says(t, output, "child ")
	pid, err := strconv.Atoi(strings.TrimPrefix(lines[len(lines)-1], "child "))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}
