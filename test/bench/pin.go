// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	serverCPU = 0
	loadCPU   = 1
	// pinned is the first argument of this program when it is to become another one on one processor.
	pinned = "pinned"
)

// become runs a program on one processor in the place of this one: bench pinned CPU PROGRAM ARGS...
func become(args []string) error {
	cpu, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("the number of a processor: %w", err)
	}
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("keep to processor %d: %w", cpu, err)
	}
	return syscall.Exec(args[1], args[1:], os.Environ()) // #nosec G204 -- this program chose it
}

// onLoadCPU starts this program anew on the processor for the load, unless it is there already or there is only one.
func onLoadCPU() error {
	const done = "BENCH_PINNED"
	if os.Getenv(done) != "" || runtime.NumCPU() < 2 {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Setenv(done, "1"); err != nil {
		return err
	}
	return become(append([]string{strconv.Itoa(loadCPU), self}, os.Args[1:]...))
}

// twoCPUs tells whether servers and load are apart.
func twoCPUs() bool { return os.Getenv("BENCH_PINNED") != "" }
