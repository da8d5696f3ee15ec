// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// Process is a program that was started. Its methods may be called at any time, from any goroutine.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// wait reaps the process and kills what it left behind in its group.
func (p *Process) wait() {
	p.err = p.cmd.Wait()
	// The kernel does not give the number of a group to another process while the group has a member.
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
}

// PID is the number of the process and of its group.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit tells how the process ended: its exit code, or 128 plus the number of the signal that killed it, as shells and
// container runtimes count. It waits for the end.
func (p *Process) Exit() (code int, signal syscall.Signal) {
	<-p.done
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) {
		return p.cmd.ProcessState.ExitCode(), 0
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), status.Signal()
	}
	return exit.ExitCode(), 0
}

// Signal sends a signal to the process and everything in its group. A process that has ended is left in peace.
func (p *Process) Signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.PID(), s)
	}
}

// Kill ends the process and its group without asking.
func (p *Process) Kill() { p.Signal(syscall.SIGKILL) }

// Stop asks the process to end (SIGTERM), kills it after the grace period, and returns when it has ended.
func (p *Process) Stop(grace time.Duration) {
	p.Signal(syscall.SIGTERM)
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-p.done:
	case <-patience.C:
		p.Kill()
		<-p.done
	}
}
