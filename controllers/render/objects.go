// SPDX-License-Identifier: Apache-2.0

package render

import (
	"slices"

	autoscaling "k8s.io/api/autoscaling/v2"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	appsv1 "k8s.io/client-go/applyconfigurations/apps/v1"
	autoscalingv2 "k8s.io/client-go/applyconfigurations/autoscaling/v2"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	metav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"
	policyv1 "k8s.io/client-go/applyconfigurations/policy/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/applyconfiguration/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
)

// Options are what the operator, not the resource, decides.
type Options struct {
	// Image of receivers that name none.
	Image string
	// Version of the operator, for a label. Empty: no label.
	Version string
	// Manager are the operator's own pods, which network policies let in. Without a namespace nobody knows them.
	Manager Pods
	// UnrestrictedPodTemplates lets podTemplates go beyond the restricted pod security standard, and act as ServiceAccounts.
	UnrestrictedPodTemplates bool
	// AssignsGroups says that the cluster assigns the group that may write to a pod's volumes, as OpenShift does.
	AssignsGroups bool
}

// Objects is what a resource or a pool leads to. A member of a pool has a configuration and a way to it; the pool has all
// that its pods need; a resource with pods of its own has both.
type Objects struct {
	ServiceAccount      *corev1.ServiceAccountApplyConfiguration
	ConfigMap           *corev1.ConfigMapApplyConfiguration
	Service             *corev1.ServiceApplyConfiguration
	PodDisruptionBudget *policyv1.PodDisruptionBudgetApplyConfiguration
	// PersistentVolumeClaim is nil for a queue that lives in an emptyDir.
	PersistentVolumeClaim *corev1.PersistentVolumeClaimApplyConfiguration
	Deployment            *appsv1.DeploymentApplyConfiguration
	// Ingress is nil where none is asked for.
	Ingress *networkingv1.IngressApplyConfiguration
	// HTTPRoute is nil where none is asked for.
	HTTPRoute *gatewayv1.HTTPRouteApplyConfiguration
	// HorizontalPodAutoscaler is nil where there is none of the operator's.
	HorizontalPodAutoscaler *autoscalingv2.HorizontalPodAutoscalerApplyConfiguration
	// NetworkPolicy is nil where none is wanted.
	NetworkPolicy *networkingv1.NetworkPolicyApplyConfiguration
	// LeastReplicas is how many receivers there are to be: exactly, or, where Autoscaled, at least and at first.
	LeastReplicas int32
	// Autoscaled says that an autoscaler decides on the number of receivers.
	Autoscaled bool
	// EntranceWaits says that the Service leads to the former entrance until all receivers have the wanted one, and EntranceMoves
	// that they have, and the live Service does not lead there yet.
	EntranceWaits, EntranceMoves bool
	// Growing says that the queue's limit is less than wanted until its volume has grown.
	Growing bool
	// ConfigHash is the fingerprint of the configuration, as receivers report it once it is in force.
	ConfigHash string
}

// Webhook renders a resource, with what its sinks refer to. It fails if the resource says what the schema cannot check, as in
// podTemplate, or makes no valid configuration, which only happens where the installed schema is older than the operator; the
// error names the fields. Of a member of a pool, the receivers are left out: they are the pool's.
func Webhook(w *v1alpha1.SuperOfficeWebhook, o Options, targets Targets, live Live) (*Objects, error) {
	file, err := configFile(w, targets, live)
	if err != nil {
		return nil, err
	}
	r := alone(w)
	r.leadsTo = entranceInForce(w, live)
	objects, err := r.objects(o, targets.sorted())
	if err != nil {
		return nil, err
	}
	if w.Spec.Receiver.Pool != "" {
		objects = &Objects{}
	}
	objects.ConfigMap, objects.ConfigHash = configMap(w, o, file), config.Hash(file)
	former, there := live.entrance()
	objects.EntranceWaits, objects.EntranceMoves = r.leadsTo != r.entrance, there && r.leadsTo != former
	objects.Growing = queueBytes(w, live) < storageBytes(w)
	if claimOf(w) != nil {
		objects.PersistentVolumeClaim = persistentVolumeClaim(w, o)
	}
	if w.Spec.Exposure.Ingress != nil {
		objects.Ingress = ingress(w, o, r.leadsTo)
	}
	if w.Spec.Exposure.Gateway != nil {
		objects.HTTPRoute = httpRoute(w, o, r.leadsTo)
	}
	return objects, nil
}

// All lists the objects that a receiver needs, in the order in which they are needed. Those of Ways are not among them: a
// receiver works without.
func (o *Objects) All() []runtime.ApplyConfiguration {
	return slices.Concat(
		some(o.ServiceAccount), some(o.ConfigMap), some(o.Service), some(o.PodDisruptionBudget), some(o.NetworkPolicy),
		some(o.PersistentVolumeClaim), some(o.Deployment), some(o.HorizontalPodAutoscaler))
}

// some is a list of an object, or of none if it is nil.
func some[T any, P interface {
	*T
	runtime.ApplyConfiguration
}](object P) []runtime.ApplyConfiguration {
	if object == nil {
		return nil
	}
	return []runtime.ApplyConfiguration{object}
}

// Ways lists what leads to the receiver from outside of the cluster.
func (o *Objects) Ways() []runtime.ApplyConfiguration {
	return slices.Concat(some(o.Ingress), some(o.HTTPRoute))
}

// Unwanted lists the kinds of which there may be an object from before that is not to be there any more.
func (o *Objects) Unwanted() []schema.GroupVersionKind {
	if o.Deployment == nil {
		return nil // they are the pool's
	}
	var kinds []schema.GroupVersionKind
	if o.HorizontalPodAutoscaler == nil {
		kinds = append(kinds, autoscaling.SchemeGroupVersion.WithKind("HorizontalPodAutoscaler"))
	}
	if o.NetworkPolicy == nil {
		kinds = append(kinds, networking.SchemeGroupVersion.WithKind("NetworkPolicy"))
	}
	return kinds
}

// owner makes the resource the controller of an object, so that the garbage collector removes it with the resource, and
// before it where the user asks for foreground deletion.
func owner(w *v1alpha1.SuperOfficeWebhook) *metav1.OwnerReferenceApplyConfiguration {
	return coOwner(w).WithController(true)
}

// coOwner makes the resource one of several owners of an object, which the garbage collector removes with the last of them.
func coOwner(w *v1alpha1.SuperOfficeWebhook) *metav1.OwnerReferenceApplyConfiguration {
	return metav1.OwnerReference().
		WithAPIVersion(v1alpha1.GroupVersion.String()).
		WithKind("SuperOfficeWebhook").
		WithName(w.Name).
		WithUID(w.UID).
		WithBlockOwnerDeletion(true)
}
