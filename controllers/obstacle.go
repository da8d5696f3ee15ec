// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"strings"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// obstacle is an object of a needed name that belongs to somebody else. It is left alone.
type obstacle struct {
	message string
	// passing is true for one that goes away by itself: it is being deleted, or belonged to a deleted owner of the same
	// name, and the garbage collector is on its way.
	passing bool
}

func obstacleOf(o owner, c child) obstacle {
	object := fmt.Sprintf("%s %q", c.wanted.GetKind(), c.wanted.GetName())
	controller := meta.GetControllerOf(c.live)
	switch {
	case c.live.GetDeletionTimestamp() != nil, o.precedes(c.live):
		return obstacle{message: object + " of a deleted resource is still being removed", passing: true}
	case controller != nil:
		return obstacle{message: fmt.Sprintf("%s exists already and belongs to %s %q", object, controller.Kind, controller.Name)}
	}
	return obstacle{message: object + " exists already and does not belong to " + o.who}
}

// judgeObstacles calls a taken name stuck although it resolves without a change of the resource once the name is free
// (the operator looks again at each interval): somebody has to act, and whoever waits should be told so. What else could be
// done than to delete what is in the way is up to the caller to say.
func judgeObstacles(obstacles []obstacle, orElse string) verdict {
	var messages []string
	for _, o := range obstacles {
		if !o.passing {
			messages = append(messages, o.message)
		}
	}
	if len(messages) == 0 {
		return verdict{working, meta.ConditionFalse, v1alpha1.ReasonCleaningUp, obstacles[0].message}
	}
	message := strings.Join(messages, "; ") + "; delete what is in the way or " + orElse
	return verdict{stuck, meta.ConditionFalse, v1alpha1.ReasonNameTaken, message}
}

// rename is what else can be done about a name of a resource's own objects.
const rename = "give this resource another name"

// waitsForName tells whether a name was taken at the last look.
func waitsForName(webhook *v1alpha1.SuperOfficeWebhook) bool {
	return isAboutName(find(webhook.Status, v1alpha1.ConditionReady).Reason)
}

func isAboutName(reason string) bool {
	return reason == v1alpha1.ReasonNameTaken || reason == v1alpha1.ReasonCleaningUp
}
