// SPDX-License-Identifier: Apache-2.0

package render

import (
	core "k8s.io/api/core/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// claimOf is the volume that the resource asks for; nil if it asks for none.
func claimOf(w *v1alpha1.SuperOfficeWebhook) *v1alpha1.PersistentVolumeClaim {
	if w.Spec.Queue.Embedded == nil {
		return nil
	}
	return w.Spec.Queue.Embedded.PersistentVolumeClaim
}

// persistentVolumeClaim claims the volume of the queue. It belongs to the resource, so that it goes with it and not with
// a pod.
func persistentVolumeClaim(w *v1alpha1.SuperOfficeWebhook, o Options) *corev1.PersistentVolumeClaimApplyConfiguration {
	spec := corev1.PersistentVolumeClaimSpec().
		WithAccessModes(core.ReadWriteOnce).
		WithResources(corev1.VolumeResourceRequirements().
			WithRequests(core.ResourceList{core.ResourceStorage: bytes(dataBytes(w))}))
	if class := claimOf(w).StorageClassName; class != nil {
		spec.WithStorageClassName(*class)
	}
	return corev1.PersistentVolumeClaim(Name(w), w.Namespace).
		WithLabels(ownLabels(w, o)).
		WithOwnerReferences(owner(w)).
		WithSpec(spec)
}
