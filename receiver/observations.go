// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"sync/atomic"
	"time"

	"github.com/superoffice-webhook/operator/receiver/delivery"
	"github.com/superoffice-webhook/operator/receiver/feed"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// observations remembers of intake what /status tells, and passes everything on to the metrics. Every request comes
// through here, so there is no lock.
type observations struct {
	*metrics.Metrics
	feed feed.Feed

	lastReceived  atomic.Int64 // in nanoseconds since 1970; 0: never
	lastRejection atomic.Pointer[status.Rejection]
}

// Answered implements intake.Observer.
func (o *observations) Answered(a intake.Answer) {
	o.Metrics.Answered(a)
	switch {
	case a.Reason == intake.Stored:
		o.lastReceived.Store(time.Now().UnixNano())
	case a.Reason.Refused():
		o.lastRejection.Store(&status.Rejection{Time: time.Now().UTC(), Reason: string(a.Reason)})
	}
	if o.feed.Listening() {
		o.feed.Publish(o.received(a))
	}
}

// Attempted is a delivery.Observer.
func (o *observations) Attempted(a delivery.Attempt) {
	o.Metrics.Attempted(a.Sink, a.Outcome, a.Took)
	if o.feed.Listening() {
		o.feed.Publish(o.attempted(a))
	}
}

func (o *observations) intake() status.Intake {
	s := status.Intake{LastRejection: o.lastRejection.Load()}
	if received := o.lastReceived.Load(); received != 0 {
		s.LastReceived = optional(time.Unix(0, received))
	}
	return s
}
