// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// runInit is the first process of its namespace. Orphans become its children, and nobody else would wait for them; when it
// ends, so does everything else in there.
func runInit() (int, error) {
	// What is mounted from here on is nobody else's; what is mounted outside still comes in.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return 1, fmt.Errorf("separate the mounts: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return 1, fmt.Errorf("mount /proc: %w", err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)

	executable, err := os.Executable()
	if err != nil {
		return 1, err
	}
	cmd := exec.Command(executable, os.Args[1:]...) // #nosec G204 -- this program itself
	cmd.Env = append(os.Environ(), stageVariable+"="+stageInside)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	return reapUntil(cmd.Process.Pid)
}

// reapUntil waits for children until one of them ends, and returns that one's exit code.
func reapUntil(pid int) (int, error) {
	for {
		var status unix.WaitStatus
		ended, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 1, fmt.Errorf("wait for processes: %w", err)
		case ended == pid && status.Signaled():
			return 128 + int(status.Signal()), nil
		case ended == pid:
			return status.ExitStatus(), nil
		}
	}
}
