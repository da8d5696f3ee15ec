// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"slices"
	"strings"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// conditionsOf lists the conditions, the summary first. Types that are not the operator's stay at the end as they are;
// Reconciling and Stalled are there only while they are true,
// CertificateResolved and QueueResolved while there is something to resolve, PoolAgreed for members of a pool.
func conditionsOf(webhook *v1alpha1.SuperOfficeWebhook, status v1alpha1.SuperOfficeWebhookStatus, found findings, v verdict) []meta.Condition {
	b := conditions{former: webhook.Status.Conditions, generation: webhook.Generation}
	b.set(v1alpha1.ConditionReady, v.ready, v.reason, v.message)
	if found.secrets != nil {
		b.setResolved(v1alpha1.ConditionSecretResolved, found.secrets.webhook, "the shared secret is there")
		if len(render.CertificateReferences(webhook)) > 0 {
			b.setResolved(v1alpha1.ConditionCertificateResolved, found.secrets.certificate, "the certificate and its key are there")
		}
		if len(render.QueueReferences(webhook)) > 0 {
			b.setResolved(v1alpha1.ConditionQueueResolved, found.secrets.queue, "all that the queue refers to is there")
		}
		b.setResolved(v1alpha1.ConditionSinksResolved, found.secrets.sinks, "all that the sinks refer to is there")
	} else {
		b.retain(v1alpha1.ConditionSecretResolved, v1alpha1.ConditionCertificateResolved, v1alpha1.ConditionQueueResolved,
			v1alpha1.ConditionSinksResolved)
	}
	if found.receivers != nil {
		b.setAvailable(found.receivers)
		b.setDelivering(webhook.Spec.Suspend, status.Sinks, found.receivers)
	} else {
		b.retain(v1alpha1.ConditionReceiverAvailable, v1alpha1.ConditionDelivering)
	}
	b.setPoolAgreed(webhook, found.pool)
	b.setSecretInForce(webhook, found)
	b.setExposed(webhook, found)
	switch v.state {
	case working:
		b.set(v1alpha1.ConditionReconciling, meta.ConditionTrue, v.reason, v.message)
	case stuck:
		b.set(v1alpha1.ConditionStalled, meta.ConditionTrue, v.reason, v.message)
	}
	b.retainForeign()
	return b.list
}

// conditions builds the new list from the former one.
type conditions struct {
	former     []meta.Condition
	generation int64
	list       []meta.Condition
}

// set adds a condition. It keeps the former time of transition while the status is the same.
func (b *conditions) set(kind string, status meta.ConditionStatus, reason, message string) {
	c := meta.Condition{
		Type:               kind,
		Status:             status,
		Reason:             reason,
		Message:            observe.Shorten(message, maxMessage),
		ObservedGeneration: b.generation,
		LastTransitionTime: meta.Now().Rfc3339Copy(),
	}
	if f := apimeta.FindStatusCondition(b.former, kind); f != nil && f.Status == status {
		c.LastTransitionTime = f.LastTransitionTime
	}
	b.list = append(b.list, c)
}

func (b *conditions) setResolved(kind string, problems []problem, fine string) {
	if len(problems) > 0 {
		b.set(kind, meta.ConditionFalse, problems[0].reason, join(problems))
		return
	}
	b.set(kind, meta.ConditionTrue, v1alpha1.ReasonResolved, fine)
}

func (b *conditions) setAvailable(r *receivers) {
	if r.rollout.Enough() {
		message := fmt.Sprintf("%d of %d receivers are ready", r.rollout.Ready, r.rollout.Replicas)
		b.set(v1alpha1.ConditionReceiverAvailable, meta.ConditionTrue, v1alpha1.ReasonReceiversReady, message)
		return
	}
	v := judgeUnavailable(r)
	b.set(v1alpha1.ConditionReceiverAvailable, meta.ConditionFalse, v.reason, v.message)
}

// setDelivering believes that nothing is delivered once the receivers say that they go by that.
func (b *conditions) setDelivering(suspend bool, sinks []v1alpha1.SinkStatus, r *receivers) {
	answers := r.answers
	var failing []string
	for _, s := range sinks {
		if s.State == v1alpha1.SinkFailing {
			failing = append(failing, fmt.Sprintf("sink %q: %s", s.Name, s.LastError))
		}
	}
	silent := 0
	for _, a := range answers {
		if !a.TellsDelivery() {
			silent++
		}
	}
	note := ""
	if silent > 0 {
		note = fmt.Sprintf("; %d of %d receivers did not answer", silent, len(answers))
	}
	suspended := suspend && (silent < len(answers) || b.had(v1alpha1.ConditionDelivering, v1alpha1.ReasonSuspended))
	switch {
	case suspend && r.configs.Behind > 0:
		b.set(v1alpha1.ConditionDelivering, meta.ConditionUnknown, v1alpha1.ReasonConfigPropagating, "spec.suspend is true, but not all receivers have taken that over yet")
	case suspended:
		b.set(v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSuspended, "spec.suspend is true: events are kept until it is false")
	case len(answers) == 0:
		b.set(v1alpha1.ConditionDelivering, meta.ConditionUnknown, v1alpha1.ReasonNoAnswer, "no receiver runs")
	case silent == len(answers):
		b.set(v1alpha1.ConditionDelivering, meta.ConditionUnknown, v1alpha1.ReasonNoAnswer, fmt.Sprintf("none of %d receivers told its status; the figures are those of the last answer", len(answers)))
	case len(failing) > 0:
		b.set(v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSinkFailing, strings.Join(failing, "; ")+note)
	default:
		b.set(v1alpha1.ConditionDelivering, meta.ConditionTrue, v1alpha1.ReasonDelivering, "no sink fails"+note)
	}
}

// setPoolAgreed tells a member of a pool which of its settings are not in force.
func (b *conditions) setPoolAgreed(webhook *v1alpha1.SuperOfficeWebhook, pool *pooled) {
	switch {
	case !isPooled(webhook):
	case pool == nil:
		b.retain(v1alpha1.ConditionPoolAgreed)
	default:
		if differ := pool.agreed.Differences(webhook); len(differ) > 0 {
			b.set(v1alpha1.ConditionPoolAgreed, meta.ConditionFalse, v1alpha1.ReasonSettingsDiffer, strings.Join(differ, "; "))
			return
		}
		b.set(v1alpha1.ConditionPoolAgreed, meta.ConditionTrue, v1alpha1.ReasonSettingsAgreed, "the receivers of the pool are shaped as this resource wants them")
	}
}

// setExposed tells of the way to the receivers, and, where it is tried, whether it can be gone.
func (b *conditions) setExposed(webhook *v1alpha1.SuperOfficeWebhook, found findings) {
	if found.exposure == nil {
		b.retain(v1alpha1.ConditionExposed)
	} else {
		b.set(v1alpha1.ConditionExposed, found.exposure.way.Status, found.exposure.way.Reason, found.exposure.way.Message)
	}
	former := apimeta.FindStatusCondition(b.former, v1alpha1.ConditionReachable)
	switch {
	case webhook.Spec.Exposure.Probe == nil:
	case found.reached != nil:
		b.set(v1alpha1.ConditionReachable, found.reached.Status, found.reached.Reason, found.reached.Message)
	case former != nil:
		b.list = append(b.list, *former)
	default:
		b.set(v1alpha1.ConditionReachable, meta.ConditionUnknown, v1alpha1.ReasonProbePending, "no test event was posted yet: receivers, and a way to them, have to be there first")
	}
}

// had tells the reason of a former condition.
func (b *conditions) had(kind, reason string) bool {
	f := apimeta.FindStatusCondition(b.former, kind)
	return f != nil && f.Reason == reason
}

// retain keeps former conditions of these types, if any.
func (b *conditions) retain(kinds ...string) {
	for _, kind := range kinds {
		if f := apimeta.FindStatusCondition(b.former, kind); f != nil {
			b.list = append(b.list, *f)
		}
	}
}

func (b *conditions) retainForeign() {
	for _, f := range b.former {
		if !slices.Contains(conditionTypes, f.Type) {
			b.list = append(b.list, f)
		}
	}
}
