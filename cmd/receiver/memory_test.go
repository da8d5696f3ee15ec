// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"
)

// It is not parallel: the limit is the process's.
func TestKeepWithin(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	for name, c := range map[string]struct {
		file, variable string
		want           int64
	}{
		"a container with a limit":              {file: "536870912\n", want: 536870912 / 100 * 80},
		"a container without one":               {file: "max\n"},
		"no container":                          {},
		"somebody who knows better":             {file: "536870912\n", variable: "1GiB"},
		"what the kernel is not known to write": {file: "plenty\n"},
	} {
		t.Run(name, func(t *testing.T) {
			debug.SetMemoryLimit(before)
			t.Setenv("GOMEMLIMIT", c.variable)
			dir := t.TempDir()
			if c.file != "" {
				if err := os.WriteFile(filepath.Join(dir, "memory.max"), []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := keepWithin(dir); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
			if is := debug.SetMemoryLimit(-1); is != cmp.Or(c.want, before) {
				t.Errorf("the limit is %d, want %d", is, cmp.Or(c.want, before))
			}
		})
	}
}

func TestPercentOf(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{
		0: 100, 4 << 20: 100, 16 << 20: 100, 17 << 20: 90, 32 << 20: 50, 60 << 20: 25, 4 << 30: 25,
	} {
		if got := percentOf(live); got != want {
			t.Errorf("%d MiB in use: %d, want %d", live>>20, got, want)
		}
	}
}

// It is not parallel: the garbage collector is the process's.
func TestKeepTidy(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(most))
	inUse := make([]byte, 64<<20)
	runtime.GC()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var tidying sync.WaitGroup
	tidying.Go(func() { keepTidy(ctx) })
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	for metrics.Read(percent); percent[0].Value.Uint64() != least; metrics.Read(percent) {
		select {
		case <-ctx.Done():
			t.Fatalf("GOGC is %d, want %d", percent[0].Value.Uint64(), least)
		case <-time.After(10 * time.Millisecond):
		}
	}
	runtime.KeepAlive(inUse)
	stop()
	tidying.Wait() // before another test, or GOGC, is as it was

	t.Setenv("GOGC", "100")
	keepTidy(t.Context()) // returns, as somebody knows better
}
