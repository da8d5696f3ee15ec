// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	core "k8s.io/api/core/v1"
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

// The settings of which one compares with the other.
const (
	numberField    = "spec.receiver.replicas and autoscaling"
	resourcesField = "spec.receiver.resources"
)

// settings are all. The number of pods is one, whoever decides on it, and so is how long a pod may take to end.
var settings = []setting{
	{
		numberField,
		func(r v1alpha1.Receiver, _ v1alpha1.ServiceExposure) any {
			return said(v1alpha1.Receiver{Replicas: r.Replicas, Autoscaling: r.Autoscaling})
		},
		func(a *Agreement, s *v1alpha1.SuperOfficeWebhookSpec) {
			a.Receiver.Replicas, a.Receiver.Autoscaling = s.Receiver.Replicas, s.Receiver.Autoscaling
		},
	},
	{
		resourcesField,
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
// told by itself, has no say, so that it holds up nobody else. Nor has a setting that does not work beside an older one.
func Agree(members []*v1alpha1.SuperOfficeWebhook, o Options) *Agreement {
	agreed := &Agreement{From: map[string]string{}}
	for _, m := range slices.SortedFunc(slices.Values(members), bySeniority) {
		if _, err := alone(m).objects(o, nil); err != nil {
			continue
		}
		for _, s := range settings {
			if agreed.From[s.field] == "" && s.of(m.Spec.Receiver, m.Spec.Exposure.Service) != nil && agreed.clash(s, m) == "" {
				s.adopt(agreed, &m.Spec)
				agreed.From[s.field] = m.Name
			}
		}
	}
	return agreed
}

// clash says why a setting of a member cannot work beside what else was agreed on; it is empty where it can. An autoscaler
// that compares with a request which the pods have not got never changes their number.
func (a *Agreement) clash(s setting, w *v1alpha1.SuperOfficeWebhook) string {
	with := *a
	s.adopt(&with, &w.Spec)
	if with.Receiver.Autoscaling == nil || with.Receiver.Resources == nil { // the default resources have all requests
		return ""
	}
	from := func(field string) string {
		if field == s.field {
			return w.Name
		}
		return a.From[field]
	}
	for _, name := range comparedRequests(with.Receiver.Autoscaling) {
		if !requests(with.Receiver.Resources, name) {
			return fmt.Sprintf("the autoscaling of SuperOfficeWebhook %q compares with a request of %s, which the resources of SuperOfficeWebhook %q lack",
				from(numberField), name, from(resourcesField))
		}
	}
	return ""
}

// requests tells whether a container has a request. A limit without one is a request, too.
func requests(r *v1alpha1.ResourceRequirements, name core.ResourceName) bool {
	_, requested := r.Requests[name]
	_, limited := r.Limits[name]
	return requested || limited
}

// Differences says which settings of a member are not in force, and why.
func (a *Agreement) Differences(w *v1alpha1.SuperOfficeWebhook) []string {
	var differ []string
	for _, s := range settings {
		wanted := s.of(w.Spec.Receiver, w.Spec.Exposure.Service)
		if wanted == nil || equality.Semantic.DeepEqual(wanted, s.of(a.Receiver, a.Service)) {
			continue
		}
		if why := a.clash(s, w); why != "" {
			differ = append(differ, s.field+": "+why)
		} else if from := a.From[s.field]; from != "" {
			differ = append(differ, fmt.Sprintf("%s: what SuperOfficeWebhook %q says counts, which is older", s.field, from))
		}
	}
	return differ
}
