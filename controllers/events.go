// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// news is one Event to be.
type news struct {
	kind    string // Normal or Warning
	reason  string
	message string
}

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// emit tells users, after the status was written, so that each transition is told once.
func (r *Reconciler) emit(webhook *v1alpha1.SuperOfficeWebhook, events []news) {
	for _, e := range joined(events) {
		r.Events.Eventf(webhook, nil, e.kind, e.reason, "Reconcile", "%s", note(e.message))
	}
}

// maxNote is the most bytes of an Event's text. The API server refuses an Event with more.
const maxNote = 1024

// note cuts a message, of which conditions count the runes, to the bytes of an Event.
func note(message string) string {
	if len(message) <= maxNote {
		return message
	}
	const cut = "…"
	return strings.ToValidUTF8(message[:maxNote-len(cut)], "") + cut
}

// joined makes one Event of all news of one reason: client-go takes a second Event for a repetition of the first, and drops
// what it says.
func joined(events []news) []news {
	var list []news
	for _, e := range events {
		i := slices.IndexFunc(list, func(other news) bool { return other.kind == e.kind && other.reason == e.reason })
		if i < 0 {
			list = append(list, e)
			continue
		}
		list[i].message += "; " + e.message
	}
	return list
}

// transitions compares two statuses and finds what is worth an Event. A start that goes its usual way makes one: Ready.
func transitions(former, status v1alpha1.SuperOfficeWebhookStatus) []news {
	var events []news
	for _, kind := range []string{
		v1alpha1.ConditionSecretResolved, v1alpha1.ConditionCertificateResolved, v1alpha1.ConditionQueueResolved, v1alpha1.ConditionSinksResolved,
		v1alpha1.ConditionPoolAgreed, v1alpha1.ConditionExposed, v1alpha1.ConditionReachable,
	} {
		events = append(events, resolution(find(former, kind), find(status, kind))...)
	}
	events = append(events, stall(find(former, v1alpha1.ConditionStalled), find(status, v1alpha1.ConditionStalled))...)
	events = append(events, availability(find(former, v1alpha1.ConditionReceiverAvailable), find(status, v1alpha1.ConditionReceiverAvailable))...)
	events = append(events, suspension(find(former, v1alpha1.ConditionDelivering), find(status, v1alpha1.ConditionDelivering))...)
	events = append(events, deliveries(former.Sinks, status.Sinks)...)
	return append(events, readiness(find(former, v1alpha1.ConditionReady), find(status, v1alpha1.ConditionReady))...)
}

// find never returns nil: a condition that is not there has no status.
func find(s v1alpha1.SuperOfficeWebhookStatus, kind string) meta.Condition {
	if c := apimeta.FindStatusCondition(s.Conditions, kind); c != nil {
		return *c
	}
	return meta.Condition{Type: kind}
}

func resolution(was, is meta.Condition) []news {
	switch {
	case is.Status == meta.ConditionFalse && (was.Status != is.Status || was.Reason != is.Reason):
		return []news{{core.EventTypeWarning, is.Reason, is.Message}}
	case is.Status == meta.ConditionTrue && was.Status == meta.ConditionFalse:
		return []news{{core.EventTypeNormal, is.Type, is.Message}}
	}
	return nil
}

func stall(was, is meta.Condition) []news {
	if is.Status == meta.ConditionTrue && (was.Status != is.Status || was.Reason != is.Reason) {
		return []news{{core.EventTypeWarning, is.Reason, is.Message}}
	}
	return nil
}

func availability(was, is meta.Condition) []news {
	if was.Status == meta.ConditionTrue && is.Status == meta.ConditionFalse {
		return []news{{core.EventTypeWarning, v1alpha1.ReasonReceiverUnavailable, is.Message}}
	}
	return nil
}

func suspension(was, is meta.Condition) []news {
	switch {
	case is.Reason == v1alpha1.ReasonSuspended && was.Reason != is.Reason:
		return []news{{core.EventTypeNormal, "Suspended", is.Message}}
	case was.Reason == v1alpha1.ReasonSuspended && was.Reason != is.Reason:
		return []news{{core.EventTypeNormal, "Resumed", "delivery goes on"}}
	}
	return nil
}

// deliveries believes that a sink has recovered once it has accepted an event: a receiver that takes the place of one whose
// attempts failed has only not tried yet.
func deliveries(was, is []v1alpha1.SinkStatus) []news {
	failed := map[string]v1alpha1.SinkStatus{}
	for _, s := range was {
		if s.State == v1alpha1.SinkFailing {
			failed[s.Name] = s
		}
	}
	var events []news
	for _, s := range is {
		former, hasFailed := failed[s.Name]
		switch {
		case s.State == v1alpha1.SinkFailing && !hasFailed:
			events = append(events, news{core.EventTypeWarning, v1alpha1.ReasonSinkFailing, "sink " + s.Name + ": " + s.LastError})
		case s.State == v1alpha1.SinkDelivering && hasFailed && hasDelivered(former, s):
			events = append(events, news{core.EventTypeNormal, "SinkRecovered", "sink " + s.Name + " accepts events again"})
		}
	}
	return events
}

// hasDelivered tells whether a sink has accepted an event between two looks.
func hasDelivered(was, is v1alpha1.SinkStatus) bool {
	return is.LastDeliveryTime != nil && (was.LastDeliveryTime == nil || was.LastDeliveryTime.Before(is.LastDeliveryTime))
}

// readiness is told when it is reached, and when receivers refuse their configuration, which no other condition says.
func readiness(was, is meta.Condition) []news {
	switch {
	case is.Status == meta.ConditionTrue && was.Status != is.Status:
		return []news{{core.EventTypeNormal, v1alpha1.ConditionReady, is.Message}}
	case is.Reason == v1alpha1.ReasonConfigRejected && was.Reason != is.Reason:
		return []news{{core.EventTypeWarning, is.Reason, is.Message}}
	case is.Reason == v1alpha1.ReasonProgressDeadlineExceeded && was.Reason != is.Reason:
		return []news{{core.EventTypeWarning, is.Reason, is.Message}}
	}
	return nil
}
