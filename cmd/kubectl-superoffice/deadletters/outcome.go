// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
)

// maxShown is how many letters are shown before something is done with them.
const maxShown = 100

// total adds up what became of all receivers' dead letters.
func total(plans []*outcome) outcome {
	sum := outcome{NotReplayable: map[string]int{}}
	for _, p := range plans {
		sum.Selected += p.Selected
		sum.Done += p.Done
		for why, n := range p.NotReplayable {
			sum.NotReplayable[why] += n
		}
	}
	return sum
}

// stay counts what cannot be replayed.
func (o *outcome) stay() (n int) {
	for _, count := range o.NotReplayable {
		n += count
	}
	return n
}

// reasons tell what cannot be replayed, and why.
func reasons(sum outcome) []string {
	var list []string
	for _, why := range slices.Sorted(maps.Keys(sum.NotReplayable)) {
		list = append(list, fmt.Sprintf("%d cannot be replayed: %s", sum.NotReplayable[why], output.Printable(why)))
	}
	return list
}

func these(n int) string {
	if n == 1 {
		return "this dead letter"
	}
	return fmt.Sprintf("these %d dead letters", n)
}

func letters(n int) string {
	if n == 1 {
		return "1 dead letter"
	}
	return fmt.Sprintf("%d dead letters", n)
}

func (m *move) write(ctx context.Context, w io.Writer, found *receivers, plans []*outcome, onlyShow bool) error {
	if m.output.ForScripts() {
		return m.output.Document(w, append([]*outcome{}, plans...))
	}
	sum := total(plans)
	if sum.Selected == 0 {
		if len(found.failed) == 0 {
			fmt.Fprintf(w, "There are no such dead letters in %s.\n", found.of)
		}
		return nil
	}
	if !onlyShow {
		fmt.Fprintf(w, "%s %s of %s.\n", capital(m.verb.done), letters(sum.Done), found.of)
		return nil
	}
	would := sum.Selected - sum.stay()
	fmt.Fprintf(w, "Would %s %s of %s:\n", m.verb.do, letters(would), found.of)
	shown, err := m.show(ctx, w, found, plans)
	if would > shown {
		fmt.Fprintf(w, "... and %d more\n", would-shown)
	}
	for _, reason := range reasons(sum) {
		fmt.Fprintln(w, reason)
	}
	return err
}

// show lists the first of the letters that are planned for.
func (m *move) show(ctx context.Context, w io.Writer, found *receivers, plans []*outcome) (int, error) {
	planned := func(receiver string) (deadletter.Selection, bool) {
		for _, p := range plans {
			if p.Receiver == receiver && len(p.IDs) > 0 {
				return deadletter.Selection{IDs: p.IDs[:min(len(p.IDs), maxShown)]}, true
			}
		}
		return deadletter.Selection{}, false
	}
	list := found.list(ctx, planned, 0)
	list = list[:min(len(list), maxShown)]
	return len(list), writeTable(w, list, found.several())
}

func capital(word string) string { return string(word[0]-'a'+'A') + word[1:] }

// progress tells a person who waits how far it is.
type progress struct {
	w           io.Writer
	done        string
	count, from int
}

func newProgress(w io.Writer, v verb, plans []*outcome) *progress {
	p := &progress{w: w, done: v.done}
	for _, plan := range plans {
		p.from += len(plan.IDs)
	}
	if !output.IsTerminal(w) {
		p.w = io.Discard
	}
	return p
}

func (p *progress) add(n int) {
	p.count += n
	fmt.Fprintf(p.w, "\r%d of %d %s", p.count, p.from, p.done)
}

func (p *progress) close() { fmt.Fprint(p.w, "\r\033[K") }
