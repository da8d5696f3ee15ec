// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/queue"
)

// sendTimeout is how long one replay may go on after whoever asked for it has gone.
const sendTimeout = 30 * time.Second

// replay sends the dead letters that are meant to their sinks again: those that are there now, not what dies meanwhile.
func (d deadLetters) replay(w http.ResponseWriter, r *http.Request) {
	p := parametersOf(r)
	s, dryRun, perSecond := p.explicitSelection(), p.flag("dryRun"), p.rate("rate")
	if err := p.err(); err != nil {
		refuse(w, err)
		return
	}
	result := deadletter.Replayed{DryRun: dryRun}
	var ids []uint64
	for found, err := range d.selected(r.Context(), s, 0) {
		if err != nil {
			fail(w, err)
			return
		}
		result.Selected++
		if err := d.letters.Replayable(found); err != nil {
			stays(&result, err)
			continue
		}
		ids = append(ids, found.ID)
	}
	if dryRun {
		result.IDs = ids
		writeJSON(w, http.StatusOK, result)
		return
	}
	if err := d.sendAll(r.Context(), ids, perSecond, &result); err != nil {
		failAfter(w, result.Replayed, fmt.Errorf("after %d were replayed: %w", result.Replayed, err))
		return
	}
	writeJSON(w, http.StatusOK, result)
}

func (d deadLetters) sendAll(ctx context.Context, ids []uint64, perSecond rate.Limit, result *deadletter.Replayed) error {
	pace := rate.NewLimiter(perSecond, 1)
	for _, id := range ids {
		if err := pace.Wait(ctx); err != nil {
			return err
		}
		err := d.send(ctx, id)
		switch {
		case errors.Is(err, queue.ErrNoDeadLetter): // somebody else replayed or forgot it meanwhile
		case errors.Is(err, queue.ErrNotReplayable): // its sink went meanwhile
			stays(result, err)
		case err != nil:
			return err
		default:
			result.Replayed++
		}
	}
	return nil
}

// send goes to its end once it has begun: whoever asked may hang up between its two steps, and the letter would be both
// dead and in the queue.
func (d deadLetters) send(ctx context.Context, id uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	return d.letters.Replay(ctx, id)
}

func stays(result *deadletter.Replayed, err error) {
	if result.NotReplayable == nil {
		result.NotReplayable = map[string]int{}
	}
	why := strings.TrimPrefix(err.Error(), queue.ErrNotReplayable.Error()+": ")
	result.NotReplayable[why]++
}

// purge removes the dead letters that are meant for good: those that are there now.
func (d deadLetters) purge(w http.ResponseWriter, r *http.Request) {
	p := parametersOf(r)
	s, dryRun := p.explicitSelection(), p.flag("dryRun")
	if err := p.err(); err != nil {
		refuse(w, err)
		return
	}
	result := deadletter.Purged{DryRun: dryRun}
	var ids []uint64
	for found, err := range d.selected(r.Context(), s, 0) {
		if err != nil {
			fail(w, err)
			return
		}
		ids = append(ids, found.ID)
	}
	result.Selected = len(ids)
	if dryRun {
		result.IDs = ids
		writeJSON(w, http.StatusOK, result)
		return
	}
	for _, id := range ids {
		err := d.letters.Forget(r.Context(), id)
		switch {
		case errors.Is(err, queue.ErrNoDeadLetter):
		case err != nil:
			failAfter(w, result.Purged, fmt.Errorf("after %d were purged: %w", result.Purged, err))
			return
		default:
			result.Purged++
		}
	}
	writeJSON(w, http.StatusOK, result)
}
