// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
)

const (
	// maxBatch is how many letters are named in one request, whose length is limited.
	maxBatch = 200
	// maxBatchTime is about how long a request may take at a rate: what it did is only known at its end.
	maxBatchTime = 5 * time.Second
)

// verb is what is done with dead letters, in the words to tell of it.
type verb struct{ do, done string }

var (
	replaying = verb{"replay", "replayed"}
	purging   = verb{"purge", "purged"}
)

// move replays or purges.
type move struct {
	options
	selection
	verb   verb
	dryRun bool
	rate   float64
	yes    bool
}

func (m *move) complete(args []string, f *pflag.FlagSet) error {
	args, err := m.options.complete(args)
	if err := errors.Join(err, noMore(args)); err != nil {
		return err
	}
	if err := m.checkExplicit(f); err != nil {
		return err
	}
	if m.rate < 0 || m.rate != m.rate {
		return errors.New("--rate must not be below 0")
	}
	return m.selection.complete(time.Now())
}

// outcome is what is to be done at one receiver, and what became of it; as JSON for scripts.
type outcome struct {
	Receiver      string         `json:"receiver"`
	DryRun        bool           `json:"dryRun,omitempty"`
	Selected      int            `json:"selected"`
	Done          int            `json:"done"`
	NotReplayable map[string]int `json:"notReplayable,omitempty"`
	IDs           []uint64       `json:"ids,omitempty"`
	Error         string         `json:"error,omitempty"`
}

func (m *move) run(ctx context.Context, stdout, stderr io.Writer) error {
	found, err := m.open(ctx)
	if err != nil {
		return err
	}
	defer found.close()
	if err := found.check(m.refs); err != nil {
		return err
	}
	plans := m.plan(ctx, found)
	onlyShow := m.dryRun || m.verb == purging && !m.yes
	if !onlyShow {
		m.carryOut(ctx, found, plans, newProgress(stderr, m.verb, plans))
	}
	if err := m.write(ctx, stdout, found, plans, onlyShow); err != nil {
		return fmt.Errorf("write what was done: %w", err)
	}
	return m.verdict(ctx, found, plans)
}

// plan asks each receiver which letters it would be about.
func (m *move) plan(ctx context.Context, found *receivers) []*outcome {
	var plans []*outcome
	found.ask(func(one *receiver) (err error) {
		s, applies := m.of(one.name)
		if !applies {
			return nil
		}
		query := s.Values()
		query.Set("dryRun", "true")
		if m.all {
			query.Set("all", "true")
		}
		plan := &outcome{Receiver: one.name, DryRun: true}
		plans = append(plans, plan)
		if m.verb == purging {
			var purged deadletter.Purged
			purged, err = one.api.purge(ctx, query)
			plan.Selected, plan.IDs = purged.Selected, purged.IDs
		} else {
			var replayed deadletter.Replayed
			replayed, err = one.api.replay(ctx, query, 0)
			plan.Selected, plan.IDs, plan.NotReplayable = replayed.Selected, replayed.IDs, replayed.NotReplayable
		}
		if err != nil {
			plan.Error = err.Error()
		}
		return err
	})
	return plans
}

// carryOut does at one receiver after the other what was planned.
func (m *move) carryOut(ctx context.Context, found *receivers, plans []*outcome, bar *progress) {
	defer bar.close()
	pause := time.Duration(0)
	found.ask(func(one *receiver) error {
		i := slices.IndexFunc(plans, func(p *outcome) bool { return p.Receiver == one.name })
		if i < 0 {
			return nil
		}
		plan := plans[i]
		ids := plan.IDs
		plan.DryRun, plan.IDs = false, nil
		for batch := range slices.Chunk(ids, m.batch()) {
			err := wait(ctx, pause)
			if err == nil {
				err = m.do(ctx, one, batch, plan)
			}
			if err != nil {
				plan.Error = err.Error()
				return err
			}
			bar.add(len(batch))
			if m.rate > 0 {
				pause = time.Duration(float64(time.Second) / m.rate)
			}
		}
		return nil
	})
}

func (m *move) batch() int {
	if m.rate == 0 {
		return maxBatch
	}
	return int(max(1, min(maxBatch, m.rate*maxBatchTime.Seconds())))
}

func (m *move) do(ctx context.Context, one *receiver, ids []uint64, plan *outcome) error {
	query := deadletter.Selection{IDs: ids}.Values()
	if m.verb == purging {
		purged, err := one.api.purge(ctx, query)
		plan.Done += max(purged.Purged, doneBefore(err))
		return err
	}
	replayed, err := one.api.replay(ctx, query, m.rate)
	plan.Done += max(replayed.Replayed, doneBefore(err))
	for why, n := range replayed.NotReplayable { // since a moment ago
		if plan.NotReplayable == nil {
			plan.NotReplayable = map[string]int{}
		}
		plan.NotReplayable[why] += n
	}
	return err
}

func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// verdict is the error that makes the command fail.
func (m *move) verdict(ctx context.Context, found *receivers, plans []*outcome) error {
	sum := total(plans)
	switch failed := found.verdict(ctx); {
	case ctx.Err() != nil && sum.Selected > 0:
		return fmt.Errorf("%w: interrupted after at least %d of %d were %s; the others are still there",
			ErrPartial, sum.Done, sum.Selected, m.verb.done)
	case failed != nil && sum.Done > 0 && !errors.Is(failed, ErrPartial):
		return fmt.Errorf("%w: %w", ErrPartial, failed)
	case failed != nil:
		return failed
	case m.dryRun:
		return nil
	case m.verb == purging && !m.yes && sum.Selected > 0:
		return exit.Errorf(exit.Usage, "nothing was purged: give --yes to purge %s for good", these(sum.Selected))
	case sum.stay() > 0 && sum.Done == 0:
		return errors.New("nothing was replayed: " + strings.Join(reasons(sum), "; "))
	case sum.stay() > 0:
		return fmt.Errorf("%w: %s", ErrPartial, strings.Join(reasons(sum), "; "))
	}
	return nil
}
