// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// observations remembers of intake what /status tells, and passes everything on to the metrics.
type observations struct {
	*metrics.Metrics

	mu            sync.Mutex
	lastReceived  *time.Time
	lastRejection *status.Rejection
}

// Answered implements intake.Observer.
func (o *observations) Answered(r intake.Reason, took time.Duration) {
	o.Metrics.Answered(r, took)
	now := time.Now().UTC()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case r == intake.Stored:
		o.lastReceived = &now
	case r.Refused():
		o.lastRejection = &status.Rejection{Time: now, Reason: string(r)}
	}
}

func (o *observations) intake() status.Intake {
	o.mu.Lock()
	defer o.mu.Unlock()
	return status.Intake{LastReceived: o.lastReceived, LastRejection: o.lastRejection}
}
