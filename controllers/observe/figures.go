// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// maxError is the most runes of a sink's error that the status repeats.
const maxError = 200

// Figures sums up the answers of all receivers for the status of a resource with these sinks.
//
// Amounts are those of the receivers that answered; of those that share a queue, the largest that one of them tells. What happened last is also taken from the former status, because a
// receiver forgets it when it restarts. Sinks that no receiver knows yet are left out. Without any answer the former
// figures stay as they were: the Delivering condition says how old they are.
func Figures(former v1alpha1.SuperOfficeWebhookStatus, sinks []v1alpha1.Sink, answers []Answer) (*v1alpha1.DeliveryStatus, []v1alpha1.SinkStatus) {
	if len(answered(answers)) == 0 {
		return former.Delivery, former.Sinks
	}
	delivery := &v1alpha1.DeliveryStatus{}
	if former.Delivery != nil {
		delivery.LastReceivedTime = former.Delivery.LastReceivedTime
		delivery.LastRejection = former.Delivery.LastRejection
	}
	for _, s := range answered(answers) {
		addReceiver(delivery, s)
	}
	var found []v1alpha1.SinkStatus
	for _, sink := range sinks {
		if s := sinkFigures(sink.Name, former, answers); s != nil {
			found = append(found, *s)
		}
	}
	return delivery, found
}

func addReceiver(d *v1alpha1.DeliveryStatus, s *status.Status) {
	amount(s, &d.DeadLettered, s.Queue.DeadLettered)
	d.LastReceivedTime = later(d.LastReceivedTime, toTime(s.Intake.LastReceived))
	if r := s.Intake.LastRejection; r != nil {
		at := *toTime(&r.Time)
		if d.LastRejection == nil || d.LastRejection.Time.Before(&at) {
			d.LastRejection = &v1alpha1.Rejection{Time: at, Reason: r.Reason}
		}
	}
	var pending int64
	for _, sink := range s.Sinks {
		pending += sink.Pending
		d.OldestPendingTime = earlier(d.OldestPendingTime, toTime(sink.OldestPending))
	}
	amount(s, &d.Pending, pending)
}

// amount adds what a receiver counts to a sum, unless others count the same.
func amount(s *status.Status, sum *int64, counted int64) {
	if s.Queue.Shared {
		*sum = max(*sum, counted)
		return
	}
	*sum += counted
}

// sinkFigures sums up one sink over all receivers. It fails where it fails for one of them; the error is that of the
// first of these, so that it does not change with the order of answers.
func sinkFigures(name string, former v1alpha1.SuperOfficeWebhookStatus, answers []Answer) *v1alpha1.SinkStatus {
	var sum *v1alpha1.SinkStatus
	for _, receiver := range answered(answers) {
		for _, s := range receiver.Sinks {
			if s.Name != name {
				continue
			}
			if sum == nil {
				sum = &v1alpha1.SinkStatus{Name: name, State: v1alpha1.SinkDelivering, LastDeliveryTime: lastDelivery(former, name)}
			}
			addSink(sum, receiver, s)
		}
	}
	return sum
}

func addSink(sum *v1alpha1.SinkStatus, receiver *status.Status, s status.Sink) {
	amount(receiver, &sum.Pending, s.Pending)
	amount(receiver, &sum.DeadLettered, s.DeadLettered)
	sum.LastDeliveryTime = later(sum.LastDeliveryTime, toTime(s.LastDelivery))
	switch {
	case s.State == status.Failing && sum.State != v1alpha1.SinkFailing:
		sum.State = v1alpha1.SinkFailing
		sum.LastError = Shorten(s.LastError, maxError)
	case s.State == status.Suspended && sum.State == v1alpha1.SinkDelivering:
		sum.State = v1alpha1.SinkSuspended
	}
}

func lastDelivery(former v1alpha1.SuperOfficeWebhookStatus, sink string) *metav1.Time {
	for _, s := range former.Sinks {
		if s.Name == sink {
			return s.LastDeliveryTime
		}
	}
	return nil
}

func answered(answers []Answer) []*status.Status {
	var statuses []*status.Status
	for _, a := range answers {
		if a.TellsDelivery() {
			statuses = append(statuses, a.Status)
		}
	}
	return statuses
}

// toTime rounds to the seconds that the API keeps, so that an unchanged time compares as unchanged.
func toTime(t *time.Time) *metav1.Time {
	if t == nil {
		return nil
	}
	return &metav1.Time{Time: t.UTC().Truncate(time.Second)}
}

func later(a, b *metav1.Time) *metav1.Time {
	if a == nil || (b != nil && a.Before(b)) {
		return b
	}
	return a
}

func earlier(a, b *metav1.Time) *metav1.Time {
	if a == nil || (b != nil && b.Before(a)) {
		return b
	}
	return a
}

// Shorten cuts a text to so many runes and marks the cut.
func Shorten(text string, runes int) string {
	r := []rune(text)
	if len(r) <= runes {
		return text
	}
	return string(r[:runes-1]) + "…"
}
