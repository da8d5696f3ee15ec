// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	receiver "github.com/superoffice-webhook/operator/receiver/status"
)

// look is one round: it gives a resource the conditions of what was found.
func look(w *v1alpha1.SuperOfficeWebhook, found findings, failure error) {
	w.Status = statusOf(w, found, judge(w, found, failure))
}

func TestTransitionTimes(t *testing.T) {
	w := resource()
	look(w, good(), nil)
	ago := meta.NewTime(time.Now().Add(-time.Hour).Truncate(time.Second))
	for i := range w.Status.Conditions {
		w.Status.Conditions[i].LastTransitionTime = ago
	}
	w.Generation++
	look(w, good(func(f *findings) {
		f.secrets.sinks = []problem{{v1alpha1.ReasonKeyNotFound, "no key"}}
		f.receivers.rollout.Ready = 1
	}), nil)
	for _, c := range []struct {
		kind string
		kept bool
	}{
		{v1alpha1.ConditionReady, false},
		{v1alpha1.ConditionSecretResolved, true},
		{v1alpha1.ConditionSinksResolved, false},
		{v1alpha1.ConditionReceiverAvailable, true}, // says something else, and is still true
		{v1alpha1.ConditionDelivering, true},
	} {
		got := apimeta.FindStatusCondition(w.Status.Conditions, c.kind)
		if kept := got.LastTransitionTime.Equal(&ago); kept != c.kept {
			t.Errorf("%s keeps its time: %t, want %t", c.kind, kept, c.kept)
		}
		if got.ObservedGeneration != w.Generation {
			t.Errorf("%s speaks of generation %d", c.kind, got.ObservedGeneration)
		}
	}
	if got := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReceiverAvailable).Message; got != "1 of 2 receivers are ready" {
		t.Errorf("the message is still %q", got)
	}
}

func TestConditionsOfOthersStay(t *testing.T) {
	foreign := []meta.Condition{
		{Type: "example.com/Approved", Status: meta.ConditionTrue, Reason: "Reviewed", Message: "by two", ObservedGeneration: 1},
		{Type: "Paused", Status: meta.ConditionFalse, Reason: "No"},
	}
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			w := s.webhook.DeepCopy()
			w.Status.Conditions = append(append([]meta.Condition{}, foreign...), w.Status.Conditions...)
			look(w, s.found, s.failure)
			look(w, s.found, s.failure)
			last := w.Status.Conditions[len(w.Status.Conditions)-2:]
			if diff := cmp.Diff(foreign, last); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got := len(w.Status.Conditions); got != len(s.conditions)+len(foreign) {
				t.Errorf("there are %d conditions: %v", got, w.Status.Conditions)
			}
		})
	}
}

func TestConditionsOfStepsThatWereNotReachedStay(t *testing.T) {
	w := resource()
	look(w, good(func(f *findings) { f.receivers.answers[0] = tells("a", receiver.Failing, "answered 500") }), nil)
	before := w.Status.DeepCopy()
	w.Generation++
	look(w, findings{}, errors.New("the API server is away"))
	for _, c := range before.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			continue
		}
		if diff := cmp.Diff(&c, apimeta.FindStatusCondition(w.Status.Conditions, c.Type)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.Type, diff)
		}
	}
	if diff := cmp.Diff(before.Sinks, w.Status.Sinks); diff != "" {
		t.Errorf("figures (-want +got)\n%s", diff)
	}
}

func TestReconcilingAndStalledAreThereWhileTheyAreTrue(t *testing.T) {
	w := resource()
	for _, step := range []struct {
		found                findings
		reconciling, stalled bool
	}{
		{good(func(f *findings) { f.receivers.rollout.Pending = "on its way" }), true, false},
		{unseen(func(f *findings) { f.invalid = errors.New("wrong") }), false, true},
		{good(func(f *findings) { f.receivers.rollout.Pending = "on its way" }), true, false},
		{good(), false, false},
	} {
		look(w, step.found, nil)
		if got := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReconciling) != nil; got != step.reconciling {
			t.Errorf("Reconciling is there: %t", got)
		}
		if got := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionStalled) != nil; got != step.stalled {
			t.Errorf("Stalled is there: %t", got)
		}
	}
}

func TestMessagesAreBounded(t *testing.T) {
	long := strings.Repeat("ü", 5000)
	many := func(p problem) (all []problem) {
		for range 100 {
			all = append(all, p)
		}
		return all
	}
	for name, found := range map[string]findings{
		"invalid":   unseen(func(f *findings) { f.invalid = errors.New(long) }),
		"obstacles": unseen(func(f *findings) { f.obstacles = []obstacle{{message: long}} }),
		"secrets": good(func(f *findings) {
			f.secrets.webhook, f.secrets.sinks = many(problem{"A", "a secret"}), many(problem{"B", long})
		}),
		"sinks": good(func(f *findings) {
			f.receivers.answers = []observe.Answer{tells("a", receiver.Failing, long)}
			f.receivers.rollout.Ready, f.receivers.trouble = 0, long
		}),
	} {
		t.Run(name, func(t *testing.T) {
			w := resource()
			look(w, found, nil)
			longest := 0
			for _, c := range w.Status.Conditions {
				longest = max(longest, utf8.RuneCountInString(c.Message))
			}
			if longest != maxMessage {
				t.Errorf("the longest message has %d characters, want %d", longest, maxMessage)
			}
		})
	}
}

// TestConditionsAreValid holds them against the schema, without which a status could not be written.
func TestConditionsAreValid(t *testing.T) {
	reason := regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`)
	for _, s := range situations {
		w := s.webhook.DeepCopy()
		look(w, s.found, s.failure)
		seen := map[string]bool{}
		for _, c := range w.Status.Conditions {
			if !reason.MatchString(c.Reason) || c.LastTransitionTime.IsZero() || c.Message == "" || seen[c.Type] {
				t.Errorf("%s: %s", s.name, fmt.Sprint(c))
			}
			seen[c.Type] = true
		}
	}
}
