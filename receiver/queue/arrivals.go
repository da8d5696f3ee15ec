// SPDX-License-Identifier: Apache-2.0

//go:build unix

package queue

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// arrivals tell when all can run who have something to read from the network. Go looks at it when nobody else can run, and has no
// function for it; but whoever reads from a pipe waits for the same look.
type arrivals struct {
	in, out *os.File
	raw     syscall.RawConn // of in
}

func newArrivals() (*arrivals, error) {
	in, out, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	raw, err := in.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	return &arrivals{in, out, raw}, nil
}

func (a *arrivals) close() {
	_ = a.in.Close()
	_ = a.out.Close()
}

// await returns after the next look at the network, or with the error of a pipe that does not work. One waits at a time.
func (a *arrivals) await() error {
	var token [1]byte
	var problem error
	written := false
	err := a.raw.Read(func(fd uintptr) bool { // is called again after the look, as there is something to read then
		if !written {
			written = true
			_, problem = a.out.Write(token[:])
			return problem != nil
		}
		_, problem = syscall.Read(int(fd), token[:]) // #nosec G115 -- a descriptor fits
		return !errors.Is(problem, syscall.EAGAIN)
	})
	if err != nil {
		return err
	}
	return problem
}
