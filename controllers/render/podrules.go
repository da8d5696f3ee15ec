// SPDX-License-Identifier: Apache-2.0

package render

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// rules collect what a podTemplate says that it must not.
type rules struct{ broken []error }

func (r *rules) refuse(when bool, at, why string) {
	if when {
		r.broken = append(r.broken, fmt.Errorf("%s.%s: %s", podTemplatePath, at, why))
	}
}

// refuse tells what a podTemplate may not say: what the operator needs as it is, what the resource has a field of its own
// for, and, unless the operator allows it, what would lend the pods an identity. The grace period is the shortest that will do.
func refuse(t *core.PodTemplateSpec, gracePeriod int64, o Options) error {
	var r rules
	r.metadata(t.ObjectMeta)
	r.spec(&t.Spec, gracePeriod)
	r.unique(reflect.ValueOf(t.Spec), "spec")
	if !o.UnrestrictedPodTemplates {
		r.identity(&t.Spec)
	}
	return errors.Join(r.broken...)
}

func (r *rules) metadata(m meta.ObjectMeta) {
	for _, key := range sortedKeys(m.Labels) {
		_, taken := podLabels(selector(LabelWebhook, ""))[key]
		r.refuse(taken || isOurs(key), fmt.Sprintf("metadata.labels[%s]", key), "is set by the operator")
	}
	for _, key := range sortedKeys(m.Annotations) {
		r.refuse(isOurs(key), fmt.Sprintf("metadata.annotations[%s]", key), "is set by the operator")
	}
	m.Labels, m.Annotations = nil, nil
	r.refuse(!reflect.DeepEqual(m, meta.ObjectMeta{}), "metadata", "has nothing but labels and annotations")
}

func isOurs(key string) bool { return strings.HasPrefix(key, v1alpha1.GroupVersion.Group+"/") }

func (r *rules) spec(s *core.PodSpec, gracePeriod int64) {
	r.refuse(s.TerminationGracePeriodSeconds != nil && *s.TerminationGracePeriodSeconds < gracePeriod, "spec.terminationGracePeriodSeconds",
		fmt.Sprintf("must be %d at least, the time in which a receiver hands over what it still has", gracePeriod))
	r.refuse(s.OS != nil, "spec.os", "cannot be set: receivers run on Linux")
	for i, v := range s.Volumes {
		r.refuse(v.Name == configVolumeName || v.Name == dataVolumeName, fmt.Sprintf("spec.volumes[%d].name", i), v.Name+" is a volume of the operator's")
	}
	for i := range s.Containers {
		if c := &s.Containers[i]; c.Name == receiverContainer {
			r.receiver(fmt.Sprintf("spec.containers[%d]", i), c)
		}
	}
}

// receiver looks at the container that receives.
func (r *rules) receiver(at string, c *core.Container) {
	r.refuse(c.Image != "", at+".image", "set spec.receiver.image instead")
	r.refuse(!reflect.DeepEqual(c.Resources, core.ResourceRequirements{}), at+".resources", "set spec.receiver.resources instead")
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"command", c.Command != nil},
		{"args", c.Args != nil},
		{"ports", c.Ports != nil},
		{"startupProbe", c.StartupProbe != nil},
		{"readinessProbe", c.ReadinessProbe != nil},
		{"livenessProbe", c.LivenessProbe != nil},
		{"lifecycle", c.Lifecycle != nil},
	} {
		r.refuse(f.set, at+"."+f.name, "is set by the operator")
	}
	for i, e := range c.Env {
		r.refuse(e.Name == bindAddress, fmt.Sprintf("%s.env[%d]", at, i), bindAddress+" decides where the receiver listens, which the operator has to know")
	}
	for i, m := range c.VolumeMounts {
		inside := slices.ContainsFunc([]string{configDir, dataDir}, func(dir string) bool {
			return strings.HasPrefix(path.Clean(m.MountPath)+"/", dir+"/")
		})
		r.refuse(inside, fmt.Sprintf("%s.volumeMounts[%d].mountPath", at, i), m.MountPath+" belongs to the operator")
	}
}

// identity refuses what would have a pod act as somebody before the API server: whoever may edit the resource would borrow
// the rights of a ServiceAccount.
func (r *rules) identity(s *core.PodSpec) {
	const why = "cannot be set: the pods must not act as a ServiceAccount, unless the operator runs with --allow-unrestricted-pod-templates"
	r.refuse(s.ServiceAccountName != "", "spec.serviceAccountName", why)
	r.refuse(s.DeprecatedServiceAccount != "", "spec.serviceAccount", why)
	r.refuse(s.AutomountServiceAccountToken != nil && *s.AutomountServiceAccountToken, "spec.automountServiceAccountToken", why)
	for i, v := range s.Volumes {
		if v.Projected == nil {
			continue
		}
		for j, source := range v.Projected.Sources {
			at := fmt.Sprintf("spec.volumes[%d].projected.sources[%d]", i, j)
			r.refuse(source.ServiceAccountToken != nil, at+".serviceAccountToken", why)
			r.refuse(source.PodCertificate != nil, at+".podCertificate", why)
		}
	}
}
