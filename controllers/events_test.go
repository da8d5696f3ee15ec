// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/events"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	receiver "github.com/superoffice-webhook/operator/receiver/status"
)

// round is what one look at a resource finds, and the Events that it leads to.
type round struct {
	name   string
	found  findings
	fails  error
	change func(w *v1alpha1.SuperOfficeWebhook)
	want   []news
}

func TestTransitions(t *testing.T) {
	lost := good(func(f *findings) { f.receivers.rollout.Ready = 0 })
	missing := func(f *findings) {
		f.secrets.webhook = []problem{{v1alpha1.ReasonSecretNotFound, "no Secret"}}
	}
	failing := func(f *findings) { f.receivers.answers[0] = tells("a", receiver.Failing, "answered 500") }
	delivered := func(f *findings) { f.receivers.answers[0].Status.Sinks[0].LastDelivery = new(time.Now()) }
	for name, rounds := range map[string][]round{
		"a start that goes its usual way": {
			{name: "made", found: unseen(func(f *findings) { f.receivers = &receivers{rollout: observe.RolloutOf(nil, 0)} })},
			{name: "starting", found: good(func(f *findings) { f.receivers.rollout = observe.Rollout{Exists: true, Replicas: 2, Pending: "0 of 2"} })},
			{name: "waiting for the configuration", found: good(func(f *findings) { f.receivers.configs.InForce = 1 })},
			{name: "ready", found: good(), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
			{name: "changed", found: good(func(f *findings) { f.receivers.rollout.Pending = "1 of 2" })},
			{name: "ready again", found: good(), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
		},
		"a Secret that comes late": {
			{name: "missing", found: good(missing), want: []news{{"Warning", "SecretNotFound", "no Secret"}}},
			{
				name: "without its key", found: good(func(f *findings) { f.secrets.webhook = []problem{{v1alpha1.ReasonKeyNotFound, "no key"}} }),
				want: []news{{"Warning", "KeyNotFound", "no key"}},
			},
			{name: "there", found: good(), want: []news{{"Normal", "SecretResolved", "the shared secret is there"}, {"Normal", "Ready", "2 of 2 receivers accept events"}}},
			{
				name: "a sink's is taken away", found: good(func(f *findings) { f.secrets.sinks = []problem{{v1alpha1.ReasonEmptyValue, "empty"}} }),
				want: []news{{"Warning", "EmptyValue", "empty"}},
			},
		},
		"receivers that are lost": {
			{name: "ready", found: good(), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
			{name: "lost", found: lost, want: []news{{"Warning", "ReceiverUnavailable", "0 of 2 receivers are ready"}}},
			{name: "back", found: good(), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
		},
		"a sink that fails for a while": {
			{name: "ready", found: good(), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
			{name: "failing", found: good(failing), want: []news{{"Warning", "SinkFailing", "sink erp: answered 500"}}},
			{name: "failing in another way", found: good(func(f *findings) { f.receivers.answers[0] = tells("a", receiver.Failing, "answered 503") })},
			{name: "nobody answers", found: good(func(f *findings) { f.receivers.answers = []observe.Answer{silent("a")} })},
			{name: "delivering", found: good(delivered), want: []news{{"Normal", "SinkRecovered", "sink erp accepts events again"}}},
		},
		"a sink that fails when receivers with an empty queue come": {
			{name: "ready", found: good(delivered), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
			{name: "failing", found: good(failing), want: []news{{"Warning", "SinkFailing", "sink erp: answered 500"}}},
			{name: "they have nothing to deliver", found: good()},
		},
		"a pause": {
			{name: "ready", found: good(), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
			{name: "suspended", change: suspended, found: good(func(f *findings) { f.receivers.configs.Behind = 1 })},
			{name: "the receivers have heard of it", found: good(), want: []news{{"Normal", "Suspended", "spec.suspend is true: events are kept until it is false"}}},
			{name: "nobody answers for a moment", found: good(func(f *findings) { f.receivers.answers = []observe.Answer{silent("a"), silent("b")} })},
			{name: "they answer", found: good(func(f *findings) { f.receivers.answers[0] = tells("a", receiver.Suspended, "") })},
			{name: "resumed", change: func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false }, found: good(), want: []news{{"Normal", "Resumed", "delivery goes on"}}},
		},
		"what nobody but a person can help": {
			{name: "invalid", found: unseen(func(f *findings) { f.invalid = errors.New("wrong") }), want: []news{{"Warning", "Invalid", "wrong"}}},
			{
				name: "a name is taken", found: unseen(func(f *findings) { f.obstacles = []obstacle{{message: "taken"}} }),
				want: []news{{"Warning", "NameTaken", "taken; delete what is in the way or give this resource another name"}},
			},
			{name: "a configuration is refused", found: good(func(f *findings) { f.receivers.configs.Rejected = "no" }), want: []news{{"Warning", "ConfigRejected", "no"}}},
			{
				name: "a rollout hangs", found: good(func(f *findings) { f.receivers.rollout.Pending, f.receivers.rollout.Overdue = "1 of 2", true }),
				want: []news{{"Warning", "ProgressDeadlineExceeded", "the rollout takes too long: 1 of 2"}},
			},
		},
		"an API server that is away for a moment": {
			{name: "ready", found: good(), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
			{name: "away", fails: errors.New("timeout")},
			{name: "back", found: good(), want: []news{{"Normal", "Ready", "2 of 2 receivers accept events"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := resource()
			for _, r := range rounds {
				if r.change != nil {
					r.change(w)
				}
				former := *w.Status.DeepCopy()
				look(w, r.found, r.fails)
				if diff := cmp.Diff(r.want, transitions(former, w.Status), cmp.AllowUnexported(news{})); diff != "" {
					t.Errorf("%s (-want +got)\n%s", r.name, diff)
				}
				former = *w.Status.DeepCopy()
				look(w, r.found, r.fails)
				if again := transitions(former, w.Status); again != nil {
					t.Errorf("%s: told once more: %v", r.name, again)
				}
			}
		})
	}
}

func TestEventsAreNotTooLong(t *testing.T) {
	recorder := events.NewFakeRecorder(1)
	r := &Reconciler{Events: recorder}
	for _, message := range []string{"short", strings.Repeat("a", 1024), strings.Repeat("a", 1025), strings.Repeat("ü", 1000), "a" + strings.Repeat("ü", 1000)} {
		r.emit(resource(), []news{{"Warning", "Invalid", message}})
		got := strings.TrimPrefix(<-recorder.Events, "Warning Invalid ")
		if len(got) > 1024 || !utf8.ValidString(got) {
			t.Errorf("%d bytes, valid: %t", len(got), utf8.ValidString(got))
		}
		switch cut := strings.TrimSuffix(got, "…"); {
		case len(message) <= 1024 && got != message:
			t.Errorf("got %q, want %q", got, message)
		case !strings.HasPrefix(message, cut), len(message) > 1024 && len(cut) < 1019:
			t.Errorf("too much is cut: %d bytes are left of %.10s…", len(cut), message)
		}
	}
}
