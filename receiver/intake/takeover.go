// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"slices"
	"time"

	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// takeOver stores what another receiver had accepted. Who sent it and what it is about is not held against the rules
// again, but an event that nobody wants any more would find no cursor.
func (h *Handler) takeOver(l *queue.Left, rules *Rules, now time.Time) Reason {
	ctx := h.waiting.from(now)
	event, err := superoffice.Identify(l.Body)
	switch {
	case err != nil && l.Dead == nil:
		return h.stored(NoEvent, h.store.Bury(ctx, err.Error(), fingerprint(l.Body), l.Message))
	case err != nil: // which is why it is a dead letter
		return h.stored(TakenOver, h.store.Adopt(ctx, "", superoffice.DedupKey(fingerprint(l.Body)), l))
	case l.Dead == nil && !slices.Contains(rules.Events, event.Name):
		return EventNotWanted
	}
	return h.stored(TakenOver, h.store.Adopt(ctx, event.Name, event.DedupKey(), l))
}
