// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// clock is what a receiver takes for the wall clock of its machine. It can be set; the monotonic clock, by which timers go,
// goes on, as it does when somebody sets a machine's clock.
type clock struct{ file string }

func newClock(t *testing.T) *clock {
	t.Helper()
	return &clock{filepath.Join(t.TempDir(), "ahead")}
}

// start runs a receiver by this clock and waits until it receives.
func (c *clock) start(t *testing.T, v *volume, dir string, flags ...string) *receiver {
	t.Helper()
	path, err := clocked()
	if err != nil {
		t.Fatal(err)
	}
	r := launchProgram(t, path, []string{"CLOCK_AHEAD=" + c.file}, append([]string{"--config", v.config(), "--data-dir", dir}, flags...)...)
	r.receives(t)
	return r
}

// jump has the clock of a receiver that runs be ahead of this machine's by so much, from when it returns.
func (c *clock) jump(t *testing.T, r *receiver, ahead time.Duration) {
	t.Helper()
	seconds := strconv.Itoa(int(ahead / time.Second))
	if err := os.WriteFile(c.file, []byte(seconds), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Signal(syscall.SIGUSR1)
	eventually(t, func() string {
		done, _ := os.ReadFile(c.file + ".done")
		return lacking(string(done) == seconds, "the clock has not jumped")
	})
}

// clocked compiles the receiver with a clock that can be set: with package time as it is in Go's own source, but that Now adds to
// the wall clock. All that the program is made of goes by it, the engine of the queue included.
var clocked = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("ask go for its source: %w", err)
	}
	standard := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(standard)
	if err != nil {
		return "", err
	}
	changed := string(source)
	for _, edit := range [][2]string{
		{"\t\"math/bits\"\n", "\t\"math/bits\"\n\t\"sync/atomic\"\n"},
		{"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n", "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n\tsec += Ahead.Load()\n"},
	} {
		if strings.Count(changed, edit[0]) != 1 {
			return "", fmt.Errorf("%s is not what this test knows: it has to be taught where Now reads the clock", standard)
		}
		changed = strings.Replace(changed, edit[0], edit[1], 1)
	}
	changed += "\nvar Ahead atomic.Int64\n" // by how many seconds
	dir := filepath.Dir(program)
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	overlay := map[string]string{}
	for name, file := range map[string]struct{ place, text string }{
		"time.go":  {standard, changed},
		"clock.go": {filepath.Join(here, "clock.go"), setter},
	} {
		overlay[file.place] = filepath.Join(dir, name)
		if err := os.WriteFile(overlay[file.place], []byte(file.text), 0o600); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "receiver-by-another-clock")
	build := exec.Command("go", "build", "-overlay", list, "-o", path, ".") // #nosec G204 -- paths of our own
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the receiver with another clock: %w\n%s", err, out)
	}
	return path, nil
})

// setter is a part of that receiver: it sets the clock at its start, and when it gets SIGUSR1.
const setter = `package main

import (
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func init() {
	file := os.Getenv("CLOCK_AHEAD")
	set := func() {
		text, _ := os.ReadFile(file)
		if seconds, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			time.Ahead.Store(seconds)
			_ = os.WriteFile(file+".done", text, 0o600)
		}
	}
	set()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			set()
		}
	}()
}
`
