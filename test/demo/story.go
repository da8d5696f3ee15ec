// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/term"
)

// story tells what happens, step by step, and remembers how long each step took.
type story struct {
	out     io.Writer
	colours bool // out is a terminal
	env     []string
	began   time.Time
	steps   int
}

// The colours of a terminal: of a step's title and of a command.
const (
	bold = "1"
	cyan = "36"
)

func newStory(out *os.File) *story {
	return &story{out: out, colours: term.IsTerminal(int(out.Fd())), began: time.Now()}
}

func (s *story) coloured(colour, text string) string {
	if !s.colours {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// step tells a title, does the work and says whether it held.
func (s *story) step(ctx context.Context, title string, work func(context.Context) error) error {
	s.steps++
	began := time.Now()
	fmt.Fprintf(s.out, "\n%s\n", s.coloured(bold, fmt.Sprintf("%d. %s", s.steps, title)))
	if err := work(ctx); err != nil {
		fmt.Fprintf(s.out, "   ✘ %v\n", err)
		return fmt.Errorf("step %d (%s): %w", s.steps, title, err)
	}
	fmt.Fprintf(s.out, "   ✔ %.1f s\n", time.Since(began).Seconds())
	return nil
}

// say adds a remark.
func (s *story) say(format string, args ...any) {
	fmt.Fprintf(s.out, "   "+format+"\n", args...)
}

// quote shows what a command reads or prints.
func (s *story) quote(text []byte) {
	for line := range strings.Lines(string(text)) {
		fmt.Fprintf(s.out, "     %s\n", strings.TrimRight(line, "\n"))
	}
}

// run shows a command as a person would type it, runs it and shows what it prints.
func (s *story) run(ctx context.Context, command ...string) (string, error) {
	return s.runWithInput(ctx, nil, command...)
}

func (s *story) runWithInput(ctx context.Context, stdin []byte, command ...string) (string, error) {
	fmt.Fprintf(s.out, "   %s\n", s.coloured(cyan, "$ "+shown(command)))
	s.quote(stdin)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) // #nosec G204 -- the commands of this program's own story
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Stdin = bytes.NewReader(stdin)
	output, err := cmd.CombinedOutput()
	s.quote(output)
	if err != nil {
		return string(output), fmt.Errorf("%s: %w", shown(command), err)
	}
	return string(output), nil
}

// shown is the command with programs by their names, not by where they lie.
func shown(command []string) string {
	words := append([]string{}, command...)
	words[0] = words[0][strings.LastIndexByte(words[0], '/')+1:]
	for i, w := range words {
		if strings.ContainsAny(w, " {}'\"") {
			words[i] = "'" + w + "'"
		}
	}
	return strings.Join(words, " ")
}

// await asks again and again until the question is answered with yes or the time is over.
func await(ctx context.Context, limit time.Duration, what string, question func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%s did not happen within %s", what, limit))
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		yes, err := question()
		if err != nil || yes {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
