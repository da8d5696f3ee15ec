// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// Agreement is how the receivers of a pool are shaped: each setting as the oldest member wants it that says something about
// it.
type Agreement struct {
	Receiver v1alpha1.Receiver
	Service  v1alpha1.ServiceExposure
	// From has, by the field of a setting, the member that it is from.
	From map[string]string
}

// setting is one thing that members can say about the pods.
type setting struct {
	field string
	// of is what is said about it; nil for nothing.
	of func(v1alpha1.Receiver, v1alpha1.ServiceExposure) any
	// adopt takes it over from a member.
	adopt func(*Agreement, *v1alpha1.SuperOfficeWebhookSpec)
}

// settings are all. The number of pods is one, whoever decides on it, and so is how long a pod may take to end.
var settings = []setting{
	{
		"spec.receiver.replicas and autoscaling",
		func(r v1alpha1.Receiver, _ v1alpha1.ServiceExposure) any {
			return said(v1alpha1.Receiver{Replicas: r.Replicas, Autoscaling: r.Autoscaling})
		},
		func(a *Agreement, s *v1alpha1.SuperOfficeWebhookSpec) {
			a.Receiver.Replicas, a.Receiver.Autoscaling = s.Receiver.Replicas, s.Receiver.Autoscaling
		},
	},
	{
		"spec.receiver.resources",
		func(r v1alpha1.Receiver, _ v1alpha1.ServiceExposure) any { return said(r.Resources) },
		func(a *Agreement, s *v1alpha1.SuperOfficeWebhookSpec) { a.Receiver.Resources = s.Receiver.Resources },
	},
	{
		"spec.receiver.image",
		func(r v1alpha1.Receiver, _ v1alpha1.ServiceExposure) any { return said(r.Image) },
		func(a *Agreement, s *v1alpha1.SuperOfficeWebhookSpec) { a.Receiver.Image = s.Receiver.Image },
	},
	{
		"spec.receiver.imagePullSecrets",
		func(r v1alpha1.Receiver, _ v1alpha1.ServiceExposure) any {
			if len(r.ImagePullSecrets) == 0 {
				return nil
			}
			return r.ImagePullSecrets
		},
		func(a *Agreement, s *v1alpha1.SuperOfficeWebhookSpec) {
			a.Receiver.ImagePullSecrets = s.Receiver.ImagePullSecrets
		},
	},
	{
		"spec.receiver.podTemplate and shutdownDelay",
		func(r v1alpha1.Receiver, _ v1alpha1.ServiceExposure) any {
			return said(v1alpha1.Receiver{PodTemplate: r.PodTemplate, ShutdownDelay: r.ShutdownDelay})
		},
		func(a *Agreement, s *v1alpha1.SuperOfficeWebhookSpec) {
			a.Receiver.PodTemplate, a.Receiver.ShutdownDelay = s.Receiver.PodTemplate, s.Receiver.ShutdownDelay
		},
	},
	{
		"spec.receiver.networkPolicy",
		func(r v1alpha1.Receiver, _ v1alpha1.ServiceExposure) any { return said(r.NetworkPolicy) },
		func(a *Agreement, s *v1alpha1.SuperOfficeWebhookSpec) {
			a.Receiver.NetworkPolicy = s.Receiver.NetworkPolicy
		},
	},
	{
		"spec.exposure.service",
		func(_ v1alpha1.Receiver, service v1alpha1.ServiceExposure) any {
			service.Type = cmp.Or(service.Type, v1alpha1.ServiceClusterIP)
			if equality.Semantic.DeepEqual(service, v1alpha1.ServiceExposure{Type: v1alpha1.ServiceClusterIP}) { // the schema's default
				return nil
			}
			return service
		},
		func(a *Agreement, s *v1alpha1.SuperOfficeWebhookSpec) { a.Service = s.Exposure.Service },
	},
}

// said is nil for what is left out.
func said(v any) any {
	if reflect.ValueOf(v).IsZero() {
		return nil
	}
	return v
}

// Agree settles what the members of a pool want its receivers to be like. A member whose own settings are wrong, which it is
// told by itself, has no say, so that it holds up nobody else.
func Agree(members []*v1alpha1.SuperOfficeWebhook, o Options) *Agreement {
	agreed := &Agreement{From: map[string]string{}}
	for _, m := range slices.SortedFunc(slices.Values(members), bySeniority) {
		if _, err := alone(m).objects(o, nil); err != nil {
			continue
		}
		for _, s := range settings {
			if agreed.From[s.field] == "" && s.of(m.Spec.Receiver, m.Spec.Exposure.Service) != nil {
				s.adopt(agreed, &m.Spec)
				agreed.From[s.field] = m.Name
			}
		}
	}
	return agreed
}

// Differences says which settings of a member are not in force, and whose are.
func (a *Agreement) Differences(w *v1alpha1.SuperOfficeWebhook) []string {
	var differ []string
	for _, s := range settings {
		wanted := s.of(w.Spec.Receiver, w.Spec.Exposure.Service)
		from := a.From[s.field]
		if wanted != nil && from != "" && !equality.Semantic.DeepEqual(wanted, s.of(a.Receiver, a.Service)) {
			differ = append(differ, fmt.Sprintf("%s: what SuperOfficeWebhook %q says counts, which is older", s.field, from))
		}
	}
	return differ
}
