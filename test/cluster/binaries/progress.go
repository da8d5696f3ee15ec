// SPDX-License-Identifier: Apache-2.0

package binaries

import (
	"fmt"
	"os/exec"
	"sync"
	"time"
)

func (f Finder) say(format string, args ...any) {
	_, _ = fmt.Fprintf(f.Progress, format+"\n", args...)
}

// report says what is going on, with the time it has taken, at every interval until stop is called.
func (f Finder) report(what string, interval time.Duration) (stop func()) {
	begun := time.Now()
	quit := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f.say("%s… %s", what, time.Since(begun).Round(time.Second))
			case <-quit:
				return
			}
		}
	})
	return func() {
		close(quit)
		reporter.Wait()
	}
}

func goCommand() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("the go command is needed: %w", err)
	}
	return path, nil
}
