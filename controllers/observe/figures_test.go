// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/receiver/status"
)

var errNoAnswer = errors.New("connection refused")

// former is a status as it was written before.
var former = v1alpha1.SuperOfficeWebhookStatus{
	Delivery: &v1alpha1.DeliveryStatus{
		Pending: 100, OldestPendingTime: at("10:00:00"), DeadLettered: 50, LastReceivedTime: at("10:30:00"),
		LastRejection: &v1alpha1.Rejection{Time: *at("10:20:00"), Reason: "SignatureMissing"},
	},
	Sinks: []v1alpha1.SinkStatus{
		{Name: "erp", State: v1alpha1.SinkFailing, Pending: 100, DeadLettered: 50, LastDeliveryTime: at("10:25:00"), LastError: "answered 500"},
	},
}

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		name     string
		former   v1alpha1.SuperOfficeWebhookStatus
		sinks    []string
		answers  []observe.Answer
		delivery *v1alpha1.DeliveryStatus
		found    []v1alpha1.SinkStatus
	}{
		{
			name:  "are none before a receiver has answered",
			sinks: []string{"erp"},
		},
		{
			name:     "stay as they were while no receiver answers",
			former:   former,
			sinks:    []string{"erp"},
			answers:  []observe.Answer{silence("a"), silence("b")},
			delivery: former.Delivery,
			found:    former.Sinks,
		},
		{
			name:  "of a queue that receivers share count once, and the largest where they differ",
			sinks: []string{"erp", "search"},
			answers: []observe.Answer{
				answer("a", status.Status{
					Queue: status.Queue{Shared: true, DeadLettered: 3},
					Sinks: []status.Sink{
						{Name: "erp", State: status.Delivering, Pending: 5, DeadLettered: 1}, {Name: "search", State: status.Delivering, Pending: 1, DeadLettered: 2},
					},
				}),
				answer("b", status.Status{
					Queue: status.Queue{Shared: true, DeadLettered: 4},
					Sinks: []status.Sink{
						{Name: "erp", State: status.Delivering, Pending: 4, DeadLettered: 2}, {Name: "search", State: status.Delivering, Pending: 1, DeadLettered: 2},
					},
				}),
			},
			delivery: &v1alpha1.DeliveryStatus{Pending: 6, DeadLettered: 4},
			found: []v1alpha1.SinkStatus{
				{Name: "erp", State: v1alpha1.SinkDelivering, Pending: 5, DeadLettered: 2}, {Name: "search", State: v1alpha1.SinkDelivering, Pending: 1, DeadLettered: 2},
			},
		},
		{
			name:  "sum up amounts and take the extremes of times",
			sinks: []string{"erp", "search"},
			answers: []observe.Answer{
				answer("a", status.Status{
					Intake: status.Intake{LastReceived: told("11:00:00"), LastRejection: &status.Rejection{Time: *told("11:05:00"), Reason: "SignatureMismatch"}},
					Queue:  status.Queue{DeadLettered: 3},
					Sinks: []status.Sink{
						{Name: "erp", State: status.Delivering, Pending: 5, OldestPending: told("10:59:00"), DeadLettered: 1, LastDelivery: told("11:01:00")},
						{Name: "search", State: status.Delivering, Pending: 1, OldestPending: told("10:58:00"), DeadLettered: 1},
					},
				}),
				answer("b", status.Status{
					Intake: status.Intake{LastReceived: told("11:02:00"), LastRejection: &status.Rejection{Time: *told("11:04:00"), Reason: "BodyTooLarge"}},
					Queue:  status.Queue{DeadLettered: 4},
					Sinks: []status.Sink{
						{Name: "erp", State: status.Delivering, Pending: 7, OldestPending: told("10:57:00"), DeadLettered: 2, LastDelivery: told("11:00:00")},
						{Name: "search", State: status.Delivering},
					},
				}),
			},
			delivery: &v1alpha1.DeliveryStatus{
				Pending: 13, OldestPendingTime: at("10:57:00"), DeadLettered: 7, LastReceivedTime: at("11:02:00"),
				LastRejection: &v1alpha1.Rejection{Time: *at("11:05:00"), Reason: "SignatureMismatch"},
			},
			found: []v1alpha1.SinkStatus{
				{Name: "erp", State: v1alpha1.SinkDelivering, Pending: 12, DeadLettered: 3, LastDeliveryTime: at("11:01:00")},
				{Name: "search", State: v1alpha1.SinkDelivering, Pending: 1, DeadLettered: 1},
			},
		},
		{
			name:    "remember what happened last when receivers were restarted, and nothing else",
			former:  former,
			sinks:   []string{"erp"},
			answers: []observe.Answer{answer("a", status.Status{Sinks: []status.Sink{{Name: "erp", State: status.Delivering}}})},
			delivery: &v1alpha1.DeliveryStatus{
				LastReceivedTime: at("10:30:00"), LastRejection: &v1alpha1.Rejection{Time: *at("10:20:00"), Reason: "SignatureMissing"},
			},
			found: []v1alpha1.SinkStatus{{Name: "erp", State: v1alpha1.SinkDelivering, LastDeliveryTime: at("10:25:00")}},
		},
		{
			name:   "are not taken back by a receiver that has seen less",
			former: former,
			sinks:  []string{"erp"},
			answers: []observe.Answer{answer("a", status.Status{
				Intake: status.Intake{LastReceived: told("10:29:59"), LastRejection: &status.Rejection{Time: *told("10:19:59"), Reason: "Old"}},
				Sinks:  []status.Sink{{Name: "erp", State: status.Delivering, LastDelivery: told("10:24:59")}},
			})},
			delivery: &v1alpha1.DeliveryStatus{
				LastReceivedTime: at("10:30:00"), LastRejection: &v1alpha1.Rejection{Time: *at("10:20:00"), Reason: "SignatureMissing"},
			},
			found: []v1alpha1.SinkStatus{{Name: "erp", State: v1alpha1.SinkDelivering, LastDeliveryTime: at("10:25:00")}},
		},
		{
			name:  "are those of the receivers that answered",
			sinks: []string{"erp"},
			answers: []observe.Answer{
				silence("a"),
				answer("b", status.Status{Queue: status.Queue{DeadLettered: 2}, Sinks: []status.Sink{{Name: "erp", State: status.Delivering, Pending: 3}}}),
			},
			delivery: &v1alpha1.DeliveryStatus{Pending: 3, DeadLettered: 2},
			found:    []v1alpha1.SinkStatus{{Name: "erp", State: v1alpha1.SinkDelivering, Pending: 3}},
		},
		{
			name:   "leave a renamed sink out until a receiver knows it, and inherit nothing",
			former: former,
			sinks:  []string{"erp2", "unknown"},
			answers: []observe.Answer{
				answer("a", status.Status{Sinks: []status.Sink{{Name: "erp", State: status.Delivering, Pending: 9}}}),
				answer("b", status.Status{Sinks: []status.Sink{{Name: "erp2", State: status.Delivering, Pending: 1}}}),
			},
			delivery: &v1alpha1.DeliveryStatus{
				Pending: 10, LastReceivedTime: at("10:30:00"), LastRejection: &v1alpha1.Rejection{Time: *at("10:20:00"), Reason: "SignatureMissing"},
			},
			found: []v1alpha1.SinkStatus{{Name: "erp2", State: v1alpha1.SinkDelivering, Pending: 1}},
		},
		{
			name:  "keep the order of the resource",
			sinks: []string{"z", "a"},
			answers: []observe.Answer{answer("a", status.Status{Sinks: []status.Sink{
				{Name: "a", State: status.Delivering}, {Name: "z", State: status.Delivering},
			}})},
			delivery: &v1alpha1.DeliveryStatus{},
			found:    []v1alpha1.SinkStatus{{Name: "z", State: v1alpha1.SinkDelivering}, {Name: "a", State: v1alpha1.SinkDelivering}},
		},
		{
			name:  "call a sink failing that fails for one receiver, with the error of the first",
			sinks: []string{"erp"},
			answers: []observe.Answer{
				answer("a", status.Status{Sinks: []status.Sink{{Name: "erp", State: status.Delivering}}}),
				answer("b", status.Status{Sinks: []status.Sink{{Name: "erp", State: status.Failing, LastError: strings.Repeat("é", 300)}}}),
				answer("c", status.Status{Sinks: []status.Sink{{Name: "erp", State: status.Failing, LastError: "another"}}}),
				answer("d", status.Status{Sinks: []status.Sink{{Name: "erp", State: status.Suspended}}}),
			},
			delivery: &v1alpha1.DeliveryStatus{},
			found:    []v1alpha1.SinkStatus{{Name: "erp", State: v1alpha1.SinkFailing, LastError: strings.Repeat("é", 199) + "…"}},
		},
		{
			name:  "call a sink suspended that is for one receiver",
			sinks: []string{"erp"},
			answers: []observe.Answer{
				answer("a", status.Status{Sinks: []status.Sink{{Name: "erp", State: status.Suspended, LastError: "of before"}}}),
				answer("b", status.Status{Sinks: []status.Sink{{Name: "erp", State: status.Delivering}}}),
			},
			delivery: &v1alpha1.DeliveryStatus{},
			found:    []v1alpha1.SinkStatus{{Name: "erp", State: v1alpha1.SinkSuspended}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sinks []v1alpha1.Sink
			for _, name := range c.sinks {
				sinks = append(sinks, v1alpha1.Sink{Name: name})
			}
			before := c.former.DeepCopy()
			delivery, found := observe.Figures(c.former, sinks, c.answers)
			if diff := cmp.Diff(c.delivery, delivery); diff != "" {
				t.Errorf("delivery (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.found, found); diff != "" {
				t.Errorf("sinks (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(*before, c.former); diff != "" {
				t.Errorf("the former status was changed\n%s", diff)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text  string
		runes int
		want  string
	}{
		{"", 5, ""},
		{"abcde", 5, "abcde"},
		{"abcdef", 5, "abcd…"},
		{"äöüßé", 5, "äöüßé"},
		{"äöüßéà", 5, "äöüß…"},
		{"ab", 1, "…"},
	} {
		if got := observe.Shorten(c.text, c.runes); got != c.want {
			t.Errorf("Shorten(%q, %d) = %q, want %q", c.text, c.runes, got, c.want)
		}
	}
}
