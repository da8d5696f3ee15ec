// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	kills   = 12
	writers = 4
)

// TestKill shows what "acknowledged" means: a process stores events as fast as it can and tells on a pipe of each one
// that was acknowledged and of each that it is about to acknowledge for a sink, and is killed in the middle of it. In the
// end every event that was stored is one that was delivered, or comes now.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged, delivered := map[string]bool{}, map[string]int{}
	for round := range kills {
		stored := 0
		for line := range strings.Lines(killAfter(t, dir, round)) {
			what, key, whole := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			switch {
			case !whole || !strings.HasSuffix(line, "\n"): // cut off by the kill
			case what == "stored":
				stored++
				acknowledged[key] = true
			case what == "delivered":
				delivered[key]++
			}
		}
		if stored == 0 {
			t.Errorf("round %d: nothing was stored before the kill", round)
		}
	}

	q := open(t, dir, limits)
	witness, sink := openCursor(t, q, "witness"), openCursor(t, q, "sink")
	kept := map[string]int{}
	for key := range drain(t, witness) {
		kept[key]++
	}
	for key := range drain(t, sink) {
		delivered[key]++
	}
	again := 0
	for key := range acknowledged {
		if kept[key] != 1 {
			t.Errorf("%s was acknowledged and is in the queue %d times", key, kept[key])
		}
		if delivered[key] == 0 {
			t.Errorf("%s was acknowledged and never delivered", key)
		}
		again += max(0, delivered[key]-1)
	}
	t.Logf("%d kills: %d events acknowledged, %d stored, %d deliveries made twice", kills, len(acknowledged), len(kept), again)
}

// killAfter runs the helper process until it was busy for a while, kills it, and returns what it said.
func killAfter(t *testing.T, dir string, round int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), helperVariable+"="+dir, fmt.Sprintf("ROUND=%d", round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewReader(out)
	for n := 0; n < 200+50*round; n++ { // another moment each time
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	for {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			break
		}
	}
	_ = cmd.Wait()
	return said.String()
}

// drain takes everything that a cursor has, in any order.
func drain(t *testing.T, c *Cursor) func(func(string) bool) {
	return func(yield func(string) bool) {
		for n := backlog(t, c).Pending; n > 0; n-- {
			d := next(t, c)
			key, _, _ := strings.Cut(string(d.Body), " ")
			if err := d.Ack(); err != nil {
				t.Error(err)
			}
			if !yield(key) {
				return
			}
		}
		if n := backlog(t, c).Pending; n != 0 {
			t.Errorf("%d wait for sink %q after all were taken", n, c.sink)
		}
	}
}

// helper is the process that is killed.
func helper(dir string) {
	must := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "helper:", err)
			os.Exit(1)
		}
	}
	ctx := context.Background()
	q, err := openQuietly(dir, limits)
	must(err)
	events := []string{created}
	_, err = q.Cursor(ctx, config.Sink{Name: "witness"}, events)
	must(err)
	sink, err := q.Cursor(ctx, config.Sink{Name: "sink"}, events)
	must(err)
	var pipe sync.Mutex
	say := func(what, key string) {
		pipe.Lock()
		defer pipe.Unlock()
		fmt.Fprintf(os.Stdout, "%s %s\n", what, key) // straight to the pipe, which outlives the process
	}
	padding := strings.Repeat(" ", 1600)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%s/%d/%d", os.Getenv("ROUND"), w, i)
				_, err := q.Put(ctx, created, superoffice.DedupKey(key), Message{Body: []byte(key + padding), Received: time.Now()})
				must(err)
				say("stored", key)
			}
		})
	}
	all.Go(func() {
		for {
			d, err := sink.Next(ctx)
			must(err)
			key, _, _ := strings.Cut(string(d.Body), " ")
			say("delivered", key)
			must(d.Ack())
		}
	})
	all.Wait()
}
