// SPDX-License-Identifier: Apache-2.0

package render

import (
	"k8s.io/apimachinery/pkg/runtime"
	appsv1 "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	metav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	policyv1 "k8s.io/client-go/applyconfigurations/policy/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
)

// Options are what the operator, not the resource, decides.
type Options struct {
	// Image of receivers that name none.
	Image string
	// Version of the operator, for a label. Empty: no label.
	Version string
	// AssignsGroups says that the cluster assigns the group that may write to a pod's volumes, as OpenShift does.
	AssignsGroups bool
}

// Objects is everything that one resource leads to.
type Objects struct {
	ServiceAccount      *corev1.ServiceAccountApplyConfiguration
	ConfigMap           *corev1.ConfigMapApplyConfiguration
	Service             *corev1.ServiceApplyConfiguration
	PodDisruptionBudget *policyv1.PodDisruptionBudgetApplyConfiguration
	// PersistentVolumeClaim is nil for a queue that lives in an emptyDir.
	PersistentVolumeClaim *corev1.PersistentVolumeClaimApplyConfiguration
	Deployment            *appsv1.DeploymentApplyConfiguration
	// ConfigHash is the fingerprint of the configuration, as receivers report it once it is in force.
	ConfigHash string
}

// Webhook renders a resource. It fails if the resource makes no valid configuration, which only happens where the
// installed schema is older than the operator; the error names the fields.
func Webhook(w *v1alpha1.SuperOfficeWebhook, o Options) (*Objects, error) {
	file, err := configFile(w)
	if err != nil {
		return nil, err
	}
	objects := &Objects{
		ServiceAccount:      serviceAccount(w, o),
		ConfigMap:           configMap(w, o, file),
		Service:             service(w, o),
		PodDisruptionBudget: podDisruptionBudget(w, o),
		Deployment:          deployment(w, o),
		ConfigHash:          config.Hash(file),
	}
	if claimOf(w) != nil {
		objects.PersistentVolumeClaim = persistentVolumeClaim(w, o)
	}
	return objects, nil
}

// All lists the objects in the order in which they are needed.
func (o *Objects) All() []runtime.ApplyConfiguration {
	all := []runtime.ApplyConfiguration{o.ServiceAccount, o.ConfigMap, o.Service, o.PodDisruptionBudget}
	if o.PersistentVolumeClaim != nil {
		all = append(all, o.PersistentVolumeClaim)
	}
	return append(all, o.Deployment)
}

// owner makes the resource the controller of an object, so that the garbage collector removes it with the resource, and
// before it where the user asks for foreground deletion.
func owner(w *v1alpha1.SuperOfficeWebhook) *metav1.OwnerReferenceApplyConfiguration {
	return metav1.OwnerReference().
		WithAPIVersion(v1alpha1.GroupVersion.String()).
		WithKind("SuperOfficeWebhook").
		WithName(w.Name).
		WithUID(w.UID).
		WithController(true).
		WithBlockOwnerDeletion(true)
}
