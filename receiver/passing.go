// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/receiver/delivery"
	"github.com/superoffice-webhook/operator/receiver/feed"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// received tells those who listen of an answer. Nothing of a body whose signature did not verify is told: a stranger wrote it.
func (o *observations) received(a intake.Answer) feed.Event {
	e := feed.Event{
		Time: time.Now().UTC(), Stage: feed.Intake, Result: string(a.Reason), Status: a.Reason.Status(),
		Bytes: a.BodyBytes, Seconds: a.Took.Seconds(),
	}
	o.about(&e, a.Event, a.Body)
	return e
}

func (o *observations) attempted(a delivery.Attempt) feed.Event {
	e := feed.Event{
		Time: time.Now().UTC(), Stage: feed.Delivery, Result: feed.Delivered, Sink: a.Sink, Attempt: a.Number,
		Bytes: len(a.Event.Raw), Seconds: a.Took.Seconds(),
	}
	switch outcome := a.Outcome.(type) {
	case sink.Retry:
		e.Result, e.Error = feed.Retry, outcome.Cause.Error()
	case sink.Dead:
		e.Result, e.Error = feed.Dead, outcome.Reason
	}
	o.about(&e, a.Event, a.Event.Raw)
	return e
}

// about copies what has to outlive the request or the attempt.
func (o *observations) about(e *feed.Event, event *superoffice.Event, body []byte) {
	if event != nil {
		e.Event, e.EventID, e.Tenant = strings.Clone(event.Name), strings.Clone(event.ID), strings.Clone(event.ContextIdentifier)
	}
	if body != nil && o.feed.WantsBodies() {
		e.SetBody(body)
	}
}
