// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestEventsTellEachTransitionOnce takes a resource through its states and lets the operator look at each several times.
func TestEventsTellEachTransitionOnce(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	versions := record[*v1alpha1.SuperOfficeWebhook](t, ns, &v1alpha1.SuperOfficeWebhookList{})
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	awaitRounds(t, webhook, 2)
	wantEvents(t, webhook, map[string]int{"SecretNotFound": 1})

	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	awaitReady(t, webhook)
	awaitRounds(t, webhook, 2)
	wantEvents(t, webhook, map[string]int{"SecretNotFound": 1, "SecretResolved": 1, "Ready": 1})

	intake := intakeOf(t, theReceiver(t, webhook))
	erp.answer(http.StatusServiceUnavailable)
	postAll(t, intake, shared, 3)
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSinkFailing)
	awaitRounds(t, webhook, 2)
	erp.answer(http.StatusNoContent)
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionTrue, v1alpha1.ReasonDelivering)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = true })
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSuspended)
	awaitReady(t, webhook)
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false })
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionTrue, v1alpha1.ReasonDelivering)
	awaitReady(t, webhook)
	awaitRounds(t, webhook, 3)
	wantEvents(t, webhook, map[string]int{
		"SecretNotFound": 1, "SecretResolved": 1, "SinkFailing": 1, "SinkRecovered": 1, "Suspended": 1, "Resumed": 1,
		"Ready": timesReady(versions.all(t, webhook)),
	})
}

// timesReady counts how often a resource became ready.
func timesReady(versions []*v1alpha1.SuperOfficeWebhook) (times int) {
	was := meta.ConditionFalse
	for _, v := range versions {
		is := condition(v, v1alpha1.ConditionReady).Status
		if is == meta.ConditionTrue && was != is {
			times++
		}
		was = is
	}
	return times
}

// wantEvents waits for the Events, which are sent in the background, and compares how often each reason was told.
func wantEvents(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, want map[string]int) {
	t.Helper()
	await(t, "these Events and no others", func(context.Context) (any, bool) {
		got := map[string]int{}
		for _, e := range eventsOf(t, webhook) {
			got[e.Reason] += times(e)
		}
		return cmp.Diff(want, got), cmp.Equal(want, got)
	})
}

// times tells how often an Event was told.
func times(e eventsv1.Event) int {
	if e.Series != nil {
		return int(e.Series.Count)
	}
	return 1
}

// TestEventsOfTheSameReason has several things go wrong between two looks of the operator, of which each must be told.
func TestEventsOfTheSameReason(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp, bi := newSink(t), newSink(t)
	erp.answer(http.StatusServiceUnavailable)
	bi.answer(http.StatusServiceUnavailable)
	webhook := newWebhook(ns, to("erp", erp.URL), to("bi", bi.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	postAll(t, intakeOf(t, theReceiver(t, webhook)), shared, 1)
	awaitNotes(t, webhook, v1alpha1.ReasonSinkFailing, "sink erp: ", "sink bi: ")

	another := newWebhook(ns, to("erp", erp.URL, apiKey("X-Key")))
	another.Name, another.Spec.Secret.Name = "another", "another"
	create(t, another)
	awaitNotes(t, another, v1alpha1.ReasonSecretNotFound, `Secret "another"`, `Secret "erp-api"`)
}

// awaitNotes waits until the Events of a reason say all of this.
func awaitNotes(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, reason string, parts ...string) {
	t.Helper()
	await(t, "Events that tell of everything", func(context.Context) (any, bool) {
		var notes strings.Builder
		for _, e := range eventsOf(t, webhook) {
			if e.Reason == reason {
				notes.WriteString(e.Note + "\n")
			}
		}
		lacks := func(part string) bool { return !strings.Contains(notes.String(), part) }
		return notes.String(), !slices.ContainsFunc(parts, lacks)
	})
}
