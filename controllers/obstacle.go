// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// obstacle is an object of a needed name that the resource does not control. It is left alone.
type obstacle struct {
	message string
	// passing is true for one that goes away by itself: it is being deleted, or belonged to a deleted resource of the
	// same name, and the garbage collector is on its way.
	passing bool
}

func obstacleOf(webhook *v1alpha1.SuperOfficeWebhook, c child) obstacle {
	object := fmt.Sprintf("%s %q", c.wanted.GetKind(), c.wanted.GetName())
	controller := meta.GetControllerOf(c.live)
	switch {
	case c.live.GetDeletionTimestamp() != nil, isPredecessor(controller, webhook):
		return obstacle{message: object + " of a deleted resource is still being removed", passing: true}
	case controller != nil:
		return obstacle{message: fmt.Sprintf("%s exists already and belongs to %s %q", object, controller.Kind, controller.Name)}
	}
	return obstacle{message: object + " exists already and does not belong to this resource"}
}

func isPredecessor(controller *meta.OwnerReference, webhook *v1alpha1.SuperOfficeWebhook) bool {
	return controller != nil &&
		controller.APIVersion == v1alpha1.GroupVersion.String() &&
		controller.Kind == "SuperOfficeWebhook" &&
		controller.Name == webhook.Name
}

// waitsForName tells whether a name was taken at the last look.
func waitsForName(webhook *v1alpha1.SuperOfficeWebhook) bool {
	reason := find(webhook.Status, v1alpha1.ConditionReady).Reason
	return reason == v1alpha1.ReasonNameTaken || reason == v1alpha1.ReasonCleaningUp
}
