// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"strings"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// maxMessage is the most runes of a condition's message.
const maxMessage = 1000

// state says who has to move before Ready can change.
type state int

const (
	// settled: nobody, or something outside of the resource, such as a Secret that is still to come.
	settled state = iota
	// working: the operator or the cluster is at it. Told as Reconciling.
	working
	// stuck: only the user can help, by changing this resource or what stands in its way. Told as Stalled.
	stuck
)

// verdict is the state of the whole: Ready, and with it Reconciling or Stalled, never both.
type verdict struct {
	state   state
	ready   meta.ConditionStatus
	reason  string
	message string
}

// judge goes through what can be wrong in the order in which it has to be put right, and stops at the first.
func judge(webhook *v1alpha1.SuperOfficeWebhook, found findings, failure error) verdict {
	switch {
	case failure != nil:
		return verdict{working, meta.ConditionFalse, v1alpha1.ReasonProgressingWithRetry, failure.Error()}
	case found.invalid != nil:
		return verdict{stuck, meta.ConditionFalse, v1alpha1.ReasonInvalid, found.invalid.Error()}
	case len(found.obstacles) > 0:
		return judgeObstacles(found.obstacles, rename)
	case found.claim != nil:
		return verdict{stuck, meta.ConditionFalse, v1alpha1.ReasonInvalid, found.claim.Error()}
	case found.pool != nil && found.pool.trouble != nil:
		return *found.pool.trouble
	case len(found.secrets.webhook) > 0:
		return judgeProblems(found.secrets.webhook)
	case len(found.secrets.certificate) > 0:
		return judgeProblems(found.secrets.certificate)
	case len(found.secrets.queue) > 0:
		return judgeProblems(found.secrets.queue)
	case len(found.secrets.sinks) > 0:
		return judgeProblems(found.secrets.sinks)
	}
	v := judgeReceivers(webhook, found.receivers)
	if v.ready == meta.ConditionTrue && found.exposure != nil && found.exposure.blocked != nil {
		return *found.exposure.blocked
	}
	return v
}

func judgeProblems(problems []problem) verdict {
	return verdict{settled, meta.ConditionFalse, problems[0].reason, join(problems)}
}

func judgeReceivers(webhook *v1alpha1.SuperOfficeWebhook, r *receivers) verdict {
	switch c := r.configs; {
	case !r.rollout.Enough():
		return judgeUnavailable(r)
	case r.rollout.Overdue:
		return verdict{settled, meta.ConditionFalse, v1alpha1.ReasonProgressDeadlineExceeded, r.explain("the rollout takes too long: " + r.rollout.Pending)}
	case r.rollout.Pending != "" && !isBeingScaled(webhook, r):
		return verdict{working, meta.ConditionUnknown, v1alpha1.ReasonRolloutInProgress, r.explain(r.rollout.Pending)}
	case c.Rejected != "":
		return verdict{settled, meta.ConditionFalse, v1alpha1.ReasonConfigRejected, c.Rejected}
	case c.Lagging() > 0:
		message := fmt.Sprintf("%d of %d receivers have not taken over the configuration yet", c.Lagging(), c.Asked)
		return verdict{working, meta.ConditionUnknown, v1alpha1.ReasonConfigPropagating, message}
	case c.Silent > 0 && !wasReady(webhook):
		message := fmt.Sprintf("%d of %d receivers don't tell the operator which configuration they work by, at port %d", c.Silent, c.Asked, render.AdminPort)
		return verdict{working, meta.ConditionUnknown, v1alpha1.ReasonNoAnswer, message}
	}
	message := fmt.Sprintf("%d of %d receivers accept events", r.rollout.Ready, r.rollout.Replicas)
	if webhook.Spec.Suspend {
		message += "; delivery is suspended"
	}
	if r.growing {
		message += "; the queue takes more once its volume has grown"
	}
	return verdict{settled, meta.ConditionTrue, v1alpha1.ReasonAccepting, message}
}

// isBeingScaled tells a change of the number by an autoscaler, which is nobody's news, from a rollout.
func isBeingScaled(webhook *v1alpha1.SuperOfficeWebhook, r *receivers) bool {
	return r.rollout.Scaling && r.autoscaled && wasReady(webhook)
}

// judgeUnavailable tells a first start, which takes its time, from receivers that were lost.
func judgeUnavailable(r *receivers) verdict {
	message := r.explain(fmt.Sprintf("%d of %d receivers are ready", r.rollout.Ready, r.rollout.Replicas))
	switch {
	case !r.rollout.Exists:
		return verdict{working, meta.ConditionFalse, v1alpha1.ReasonReceiversStarting, r.rollout.Pending}
	case r.rollout.Pending != "" && !r.rollout.Overdue:
		return verdict{working, meta.ConditionFalse, v1alpha1.ReasonReceiversStarting, message}
	}
	return verdict{settled, meta.ConditionFalse, v1alpha1.ReasonReceiverUnavailable, message}
}

// explain adds the best known cause.
func (r *receivers) explain(message string) string {
	for _, cause := range []string{r.configs.Storage, r.configs.Rejected, r.trouble} {
		if cause != "" {
			return message + "; " + cause
		}
	}
	return message
}

// wasReady tells whether all receivers were seen to work by this very generation before. One that is silent now, for a
// moment or behind a network policy, does not take that back: kubelet still finds it ready.
func wasReady(webhook *v1alpha1.SuperOfficeWebhook) bool {
	c := apimeta.FindStatusCondition(webhook.Status.Conditions, v1alpha1.ConditionReady)
	return c != nil && c.Status == meta.ConditionTrue && c.ObservedGeneration == webhook.Generation
}

func join(problems []problem) string {
	var messages []string
	for _, p := range problems {
		messages = append(messages, p.message)
	}
	return observe.Shorten(strings.Join(messages, "; "), maxMessage)
}
