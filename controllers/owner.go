// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// owner is on whose behalf objects are made: a resource, or all members of a pool together.
type owner struct {
	// key is that of the resource, or namespace and name of the pool.
	key client.ObjectKey
	// objects is the name of all its objects.
	objects string
	// who is what it is called in messages.
	who string
	// owns tells whether an object is its own.
	owns func(client.Object) bool
	// precedes tells whether an object is what a deleted one of the same name has left to the garbage collector.
	precedes func(client.Object) bool
	// suspended has what is there stay as it is.
	suspended bool
	// waits is true while a name is taken, so that objects are looked for past the cache.
	waits bool
	// asked has everything applied once more, whether it differs or not.
	asked bool
}

func ownerOf(webhook *v1alpha1.SuperOfficeWebhook) owner {
	return owner{
		key: client.ObjectKeyFromObject(webhook), objects: render.Name(webhook), who: "this resource",
		owns: func(o client.Object) bool { return meta.IsControlledBy(o, webhook) },
		precedes: func(o client.Object) bool {
			controller := meta.GetControllerOf(o)
			return controller != nil && isWebhook(*controller) && controller.Name == webhook.Name
		},
		suspended: webhook.Spec.Suspend,
		waits:     waitsForName(webhook),
		asked:     requested(webhook) != webhook.Status.LastHandledReconcileAt,
	}
}

// ownersOf are the members of a pool.
func ownersOf(pool client.ObjectKey, members []*v1alpha1.SuperOfficeWebhook, waits bool) owner {
	return owner{
		key: pool, objects: render.PoolName(pool.Name), who: "this pool",
		owns: func(o client.Object) bool {
			return slices.ContainsFunc(members, func(m *v1alpha1.SuperOfficeWebhook) bool { return isMember(o, m) })
		},
		precedes: func(o client.Object) bool {
			return meta.GetControllerOf(o) == nil && slices.ContainsFunc(o.GetOwnerReferences(), isWebhook)
		},
		waits: waits,
	}
}

// isMember tells whether an object of a pool was made for a resource, too.
func isMember(o client.Object, webhook *v1alpha1.SuperOfficeWebhook) bool {
	return meta.GetControllerOf(o) == nil && slices.ContainsFunc(o.GetOwnerReferences(), func(r meta.OwnerReference) bool { return r.UID == webhook.UID })
}

func isWebhook(r meta.OwnerReference) bool {
	return r.APIVersion == v1alpha1.GroupVersion.String() && r.Kind == "SuperOfficeWebhook"
}
