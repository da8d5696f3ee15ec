// SPDX-License-Identifier: Apache-2.0

//go:build unix

package queue

import (
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// Where those who have something to read are awaited, more of them have read it than where they are only let through.
func TestArrivals(t *testing.T) { //nolint:paralleltest // one processor is for all
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	a, err := newArrivals()
	if err != nil {
		t.Fatal(err)
	}
	with := arrived(t, a.await)
	without := arrived(t, func() error { return nil })
	t.Logf("on average %.1f of %d have come, otherwise %.1f", with, senders, without)
	if with <= 2*without {
		t.Errorf("on average %.1f of %d have come, and %.1f without", with, senders, without)
	}
	a.close()
	if err := a.await(); err == nil {
		t.Error("a pipe that is closed works")
	}
}

const senders = 8

// arrived tells how many of some who are sent something have it, on average, after a wait.
func arrived(t *testing.T, await func() error) (average float64) {
	t.Helper()
	var came atomic.Int64
	var readers sync.WaitGroup
	var ends []*os.File
	for range senders {
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, out)
		readers.Go(func() {
			defer in.Close()
			for b := make([]byte, 1); ; came.Add(1) {
				if _, err := io.ReadFull(in, b); err != nil {
					return
				}
			}
		})
	}
	const rounds = 100
	for round := range int64(rounds) {
		for came.Load() < senders*round {
			runtime.Gosched() // the round before
		}
		for _, end := range ends {
			if _, err := end.Write([]byte{1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := await(); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
		average += float64(came.Load()-senders*round) / rounds
	}
	for _, end := range ends {
		_ = end.Close()
	}
	readers.Wait()
	return average
}
