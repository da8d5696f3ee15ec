// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// CacheOptions keep the operator's memory in proportion to its resources, not to the cluster: of everything but Secrets
// the cache holds only what the operator made, and of Secrets and pods only the few fields that are looked at. Without
// namespaces it watches all of them; with a selector, only resources that have those labels.
func CacheOptions(namespaces []string, webhooks labels.Selector) cache.Options {
	own := made()
	pods := own
	pods.Transform = stripPod
	o := cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&apps.Deployment{}:            own,
			&core.ServiceAccount{}:        own,
			&core.ConfigMap{}:             own,
			&core.Service{}:               own,
			&networking.Ingress{}:         own,
			&policy.PodDisruptionBudget{}: own,
			&networking.NetworkPolicy{}:   own,
			&core.PersistentVolumeClaim{}: own,
			&core.Pod{}:                   pods,
			&core.Secret{}:                {Transform: stripSecret},

			&autoscaling.HorizontalPodAutoscaler{}: own,
			&v1alpha1.SuperOfficeWebhook{}:         {Label: webhooks},
		},
	}
	o.DefaultNamespaces = perNamespace(namespaces)
	return o
}

// perNamespace is nil, which means all, where none are named.
func perNamespace(namespaces []string) map[string]cache.Config {
	if len(namespaces) == 0 {
		return nil
	}
	all := map[string]cache.Config{}
	for _, namespace := range namespaces {
		all[namespace] = cache.Config{}
	}
	return all
}

// gatewayCacheOptions are those of the cache of the Gateway API, which is not always there. Gateways are somebody else's.
func gatewayCacheOptions(namespaces []string) cache.Options {
	return cache.Options{
		DefaultTransform:  cache.TransformStripManagedFields(),
		DefaultNamespaces: perNamespace(namespaces),
		ByObject: map[client.Object]cache.ByObject{
			&gateway.HTTPRoute{}: made(),
			&gateway.Gateway{}:   {Transform: stripGateway},
		},
	}
}

// made selects what the operator made.
func made() cache.ByObject {
	return cache.ByObject{Label: labels.SelectorFromSet(labels.Set{render.LabelManagedBy: render.ManagedBy}), Transform: stripOwn}
}

// stripOwn keeps of an object that the operator made whose it is, what was applied and which fields of that are still owned;
// of a Deployment how far it is and which ports its pods have, and of a claim how large its volume is.
func stripOwn(in any) (any, error) {
	o, ok := in.(client.Object)
	if !ok {
		return in, nil
	}
	o.SetManagedFields(shapes.share(o.GetManagedFields()))
	o.SetAnnotations(map[string]string{render.AnnotationApplied: o.GetAnnotations()[render.AnnotationApplied]})
	o.SetLabels(nil)
	switch o := in.(type) {
	case *apps.Deployment:
		o.Spec = apps.DeploymentSpec{Replicas: o.Spec.Replicas, Template: onlyPorts(o.Spec.Template)}
	case *core.PersistentVolumeClaim:
		o.Spec, o.Status = core.PersistentVolumeClaimSpec{}, core.PersistentVolumeClaimStatus{Capacity: o.Status.Capacity}
	}
	return in, nil
}

// onlyPorts are those of a template's containers: the names say what receivers speak.
func onlyPorts(t core.PodTemplateSpec) (kept core.PodTemplateSpec) {
	for _, c := range t.Spec.Containers {
		kept.Spec.Containers = append(kept.Spec.Containers, core.Container{Name: c.Name, Ports: c.Ports})
	}
	return kept
}

// stripPod keeps what package observe looks at.
func stripPod(in any) (any, error) {
	p, ok := in.(*core.Pod)
	if !ok {
		return in, nil
	}
	kept := &core.Pod{
		TypeMeta: p.TypeMeta,
		ObjectMeta: meta.ObjectMeta{
			Name: p.Name, Namespace: p.Namespace, UID: p.UID, ResourceVersion: p.ResourceVersion,
			DeletionTimestamp: p.DeletionTimestamp,
			// Those that it is found by.
			Labels: map[string]string{},
		},
		Status: core.PodStatus{Phase: p.Status.Phase, PodIP: p.Status.PodIP},
	}
	for _, l := range []string{render.LabelName, render.LabelWebhook, render.LabelPool} {
		if value, ok := p.Labels[l]; ok {
			kept.Labels[l] = value
		}
	}
	for _, c := range p.Status.Conditions {
		kept.Status.Conditions = append(kept.Status.Conditions, core.PodCondition{Type: c.Type, Status: c.Status, Reason: c.Reason})
	}
	kept.Status.InitContainerStatuses = unwell(p.Status.InitContainerStatuses)
	kept.Status.ContainerStatuses = unwell(p.Status.ContainerStatuses)
	return kept, nil
}

// unwell are the containers that wait, with the reason, and those that are not ready and ended before, with how.
func unwell(all []core.ContainerStatus) []core.ContainerStatus {
	var kept []core.ContainerStatus
	for _, c := range all {
		of := core.ContainerStatus{Name: c.Name, Ready: c.Ready}
		if w := c.State.Waiting; w != nil {
			of.State.Waiting = &core.ContainerStateWaiting{Reason: w.Reason}
		}
		if t := c.LastTerminationState.Terminated; t != nil && !c.Ready {
			of.LastTerminationState.Terminated = &core.ContainerStateTerminated{ExitCode: t.ExitCode, Reason: t.Reason, Message: t.Message}
		}
		if of.State.Waiting != nil || of.LastTerminationState.Terminated != nil {
			kept = append(kept, of)
		}
	}
	return kept
}

// stripSecret keeps the name. What is cached is metadata anyway, but annotations can hold a copy of the whole Secret
// (kubectl apply makes one).
func stripSecret(in any) (any, error) {
	m, ok := in.(*meta.PartialObjectMetadata)
	if !ok {
		return in, nil
	}
	m.ObjectMeta = meta.ObjectMeta{Name: m.Name, Namespace: m.Namespace, UID: m.UID, ResourceVersion: m.ResourceVersion}
	return m, nil
}

// podChanged lets through what changes the answers or the list of receivers that are asked.
var podChanged = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false }, // a new pod has no address yet
	UpdateFunc: func(e event.UpdateEvent) bool {
		was, is := e.ObjectOld.(*core.Pod), e.ObjectNew.(*core.Pod)
		return observe.IsReady(was) != observe.IsReady(is) || observe.Trouble([]core.Pod{*was}) != observe.Trouble([]core.Pod{*is})
	},
}
