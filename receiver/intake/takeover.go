// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"net/http"
	"slices"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/handover"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// handedOver returns what another receiver of this webhook hands over, or nil when the request is an ordinary one.
func handedOver(header http.Header, body []byte, rules *Rules) *queue.Left {
	if len(header[handover.HeaderNote]) == 0 { // nearly always
		return nil
	}
	return handover.Open(secretsOf(rules.Secrets), header, body)
}

// takeOver stores what another receiver had accepted. Who sent it and what it is about is not held against the rules
// again, but an event that nobody wants any more would find no cursor.
func (h *Handler) takeOver(ctx context.Context, l *queue.Left, rules *Rules) Reason {
	ctx, cancel := storing(ctx)
	defer cancel()
	event, err := superoffice.Parse(l.Body)
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

func secretsOf(slots []config.Slot) []superoffice.Secret {
	secrets := make([]superoffice.Secret, len(slots))
	for i, slot := range slots {
		secrets[i] = slot.Secret
	}
	return secrets
}
