// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"slices"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// takeOver stores what another receiver had accepted by a configuration of some generation. Who sent it and what it is about
// is not held against the rules again, but an event that nobody wants any more would find no cursor. Kubelet brings a
// configuration to pods up to a minute apart, so what is not known here may be new, and not gone.
func (h *Handler) takeOver(l *queue.Left, generation int64, rules *Rules, now time.Time) Reason {
	ctx := h.waiting.from(now)
	event, err := superoffice.Identify(l.Body)
	switch {
	case err != nil && l.Dead == nil:
		return h.stored(NoEvent, h.store.Bury(ctx, err.Error(), fingerprint(l.Body), l.Message))
	case err != nil: // which is why it is a dead letter
		return h.stored(TakenOver, h.store.Adopt(ctx, "", superoffice.DedupKey(fingerprint(l.Body)), l))
	case l.Dead == nil && generation > rules.Generation && !rules.know(event.Name, l):
		return ConfigurationOlder
	case l.Dead == nil && !slices.Contains(rules.Events, event.Name):
		return EventNotWanted
	}
	return h.stored(TakenOver, h.store.Adopt(ctx, event.Name, event.DedupKey(), l))
}

// know tells whether an event finds here every sink that it was left for. One that everybody lacks is stored once for all that
// want it, which then has to hold for each of its sinks.
func (r *Rules) know(event string, l *queue.Left) bool {
	if !slices.Contains(r.Events, event) {
		return false
	}
	for _, name := range l.Sinks {
		i := slices.IndexFunc(r.Sinks, func(s config.Sink) bool { return s.Name == name })
		if i < 0 || l.Everybody && len(r.Sinks[i].Events) > 0 && !slices.Contains(r.Sinks[i].Events, event) {
			return false
		}
	}
	return true
}
