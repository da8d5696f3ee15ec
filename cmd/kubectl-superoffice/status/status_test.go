// SPDX-License-Identifier: Apache-2.0

package status

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/test/golden"
)

const secretMarker = "marker-of-the-secret"

var now = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

func ago(d time.Duration) *metav1.Time { return &metav1.Time{Time: now.Add(-d)} }

func when(d time.Duration) *time.Time { return &ago(d).Time }

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: *ago(time.Hour)}
}

func webhook(change func(*v1alpha1.SuperOfficeWebhook)) *v1alpha1.SuperOfficeWebhook {
	w := &v1alpha1.SuperOfficeWebhook{ObjectMeta: metav1.ObjectMeta{Namespace: "sales", Name: "crm", Generation: 1}}
	w.Spec.Events = []v1alpha1.EventName{"activity.created", "activity.changed"}
	w.Spec.Secret = v1alpha1.WebhookSecret{Name: "crm-webhook", Key: "secret", PreviousKey: "previous"}
	w.Spec.Sinks = []v1alpha1.Sink{{Name: "erp", HTTP: &v1alpha1.HTTPSink{}}, {Name: "bi", Kafka: &v1alpha1.KafkaSink{}}}
	w.Status = v1alpha1.SuperOfficeWebhookStatus{
		ObservedGeneration: 1, Address: &v1alpha1.Address{URL: "http://crm-receiver.sales.svc/webhook"},
		Conditions: []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAccepting, "2 of 2 receivers accept events"),
			condition(v1alpha1.ConditionDelivering, metav1.ConditionTrue, v1alpha1.ReasonDelivering, "no sink fails"),
		},
		Delivery: &v1alpha1.DeliveryStatus{LastReceivedTime: ago(2 * time.Second)},
		Sinks: []v1alpha1.SinkStatus{
			{Name: "erp", State: v1alpha1.SinkDelivering, LastDeliveryTime: ago(time.Second)},
			{Name: "bi", State: v1alpha1.SinkDelivering},
		},
	}
	change(w)
	return w
}

func receivers(change func(*status.Status)) []resource.Receiver {
	told := &status.Status{
		Version: "v0.1.0", Started: *when(50 * time.Hour), Ready: true, Config: status.Config{Hash: "0123456789abcdef"},
		Intake: status.Intake{LastReceived: when(2 * time.Second)},
		Queue:  status.Queue{Bytes: 3 << 20, MaxBytes: 1 << 30},
		Sinks:  []status.Sink{{Name: "erp"}, {Name: "bi"}},
	}
	change(told)
	return []resource.Receiver{
		{Pod: "crm-receiver-a", Ready: true, Status: told, Verified: map[string]int64{"current": 40, "previous": 2}},
		{Pod: "crm-receiver-b", State: "CrashLoopBackOff", Err: errors.New("it does not run")},
	}
}

func slots(current string, more ...string) []resource.Slot {
	list := []resource.Slot{resource.NewSlot("current", "secret", []byte(current)), {Name: "previous", Key: "previous"}}
	for _, value := range more {
		list[1] = resource.NewSlot("previous", "previous", []byte(value))
	}
	return list
}

func same(*status.Status) {}

// states are reports by the name of their golden files.
var states = map[string]func() *report{
	"well": func() *report {
		r := newReport(webhook(func(*v1alpha1.SuperOfficeWebhook) {}), receivers(same)[:1], now)
		r.addSlots(slots(secretMarker), nil, receivers(same)[:1])
		return r
	},
	"ill": func() *report {
		w := webhook(func(w *v1alpha1.SuperOfficeWebhook) {
			w.Status.Conditions[1] = condition(v1alpha1.ConditionDelivering, metav1.ConditionFalse, v1alpha1.ReasonSinkFailing, `sink "erp": dial tcp: connection refused`)
			w.Status.Delivery = &v1alpha1.DeliveryStatus{
				Pending: 12, OldestPendingTime: ago(20 * time.Minute), DeadLettered: 3, LastReceivedTime: ago(2 * time.Second),
				LastRejection: &v1alpha1.Rejection{Time: *ago(5 * time.Minute), Reason: "SignatureMismatch"},
			}
			w.Status.Sinks[0] = v1alpha1.SinkStatus{Name: "erp", State: v1alpha1.SinkFailing, Pending: 12, DeadLettered: 3, LastError: "dial tcp: connection refused\x1b[2J"}
		})
		found := receivers(func(s *status.Status) {
			s.Queue = status.Queue{Bytes: 900 << 20, MaxBytes: 1 << 30, DeadLettered: 3}
			s.Sinks[0] = status.Sink{Name: "erp", CircuitOpen: true, OldestPending: when(20 * time.Minute)}
			s.Intake.LastRejection = &status.Rejection{Time: *when(5 * time.Minute), Reason: "SignatureMismatch"}
		})
		r := newReport(w, found, now)
		r.addSlots(slots(secretMarker+"\n", "former-"+secretMarker), nil, found)
		return r
	},
	"blind": func() *report {
		w := webhook(func(w *v1alpha1.SuperOfficeWebhook) {
			w.Generation, w.Spec.Suspend = 2, true
			w.Status.Conditions = []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended, "receivers are not made while spec.suspend is true")}
			w.Status.Delivery, w.Status.Sinks = nil, nil
		})
		r := newReport(w, nil, now)
		r.addSlots([]resource.Slot{{Name: "current", Key: "secret"}, {Name: "previous", Key: "previous"}}, errors.New("secrets is forbidden"), nil)
		return r
	},
}

func TestReport(t *testing.T) {
	t.Parallel()
	for name, make := range states {
		for extension, write := range map[string]func(r *report, w *bytes.Buffer) error{
			"txt":  func(r *report, w *bytes.Buffer) error { return r.writeText(w) },
			"json": func(r *report, w *bytes.Buffer) error { return output.JSON.Document(w, r) },
		} {
			file := filepath.Join("testdata", name+"."+extension)
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				r := make()
				r.advise()
				var got bytes.Buffer
				if err := write(r, &got); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(got.String(), secretMarker) {
					t.Error("the secret is told")
				}
				golden.Check(t, file, got.String())
			})
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"well":  "",
		"ill":   "SuperOfficeWebhook sales/crm needs somebody to act: Delivering, receiver crm-receiver-a",
		"blind": "", // somebody wanted it so
	} {
		r := states[name]()
		r.advise()
		err, got := r.verdict(), ""
		if err != nil {
			got = err.Error()
		}
		if got != want || err != nil && exit.Of(err) != exit.Wrong {
			t.Errorf("%s: %q with code %d, want %q", name, got, exit.Of(err), want)
		}
	}
}
