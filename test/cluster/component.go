// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster/process"
)

const (
	// readyTimeout is generous: a busy machine may take long, and only a broken one takes this long.
	readyTimeout = 2 * time.Minute
	// readyInterval is how often readiness is looked at.
	readyInterval = 50 * time.Millisecond
	// stopGrace is how long a component may take to end before it is killed.
	stopGrace = 10 * time.Second
)

// component is a child process of the control plane, with its log.
type component struct {
	name    string
	log     string
	process *process.Process
}

// startComponent runs a program with the machine's environment and a log file in the state directory.
func startComponent(s *process.Spawner, st *state, name, path string, args ...string) (*component, error) {
	c := &component{name: name, log: st.path(name + ".log")}
	log, err := os.Create(c.log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	c.process, err = s.Start(process.Command{Path: path, Args: args, Env: os.Environ(), Dir: st.dir, Output: log})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, nil
}

// await returns once ready says so, or with the end of the component's log when it ends or takes too long.
func (c *component) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not ready after %s", readyTimeout))
	defer cancel()
	ticker := time.NewTicker(readyInterval)
	defer ticker.Stop()
	var last error
	for {
		if last = ready(ctx); last == nil {
			return nil
		}
		select {
		case <-c.process.Done():
			return c.ended()
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (%w); its log ends with:\n%s", c.name, context.Cause(ctx), last, process.Tail(c.log))
		case <-ticker.C:
		}
	}
}

// ended tells how a component ended that should not have.
func (c *component) ended() error {
	code, _ := c.process.Exit()
	return fmt.Errorf("%s ended with exit code %d; its log ends with:\n%s", c.name, code, process.Tail(c.log))
}

// stop ends the component; one that was never started needs none of it.
func (c *component) stop() {
	if c != nil {
		c.process.Stop(stopGrace)
	}
}
