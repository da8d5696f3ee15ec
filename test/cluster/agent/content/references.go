// SPDX-License-Identifier: Apache-2.0

package content

import corev1 "k8s.io/api/core/v1"

// Reference names an object of the pod's namespace.
type Reference struct {
	// Kind is ConfigMap or Secret.
	Kind string
	Name string
}

// The kinds of objects that a pod can refer to.
const (
	ConfigMap = "ConfigMap"
	Secret    = "Secret"
)

// References are the objects whose change may change what the pod is given.
func References(pod *corev1.Pod) map[Reference]bool {
	refs := map[Reference]bool{}
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.ConfigMap != nil:
			refs[Reference{ConfigMap, v.ConfigMap.Name}] = true
		case v.Secret != nil:
			refs[Reference{Secret, v.Secret.SecretName}] = true
		case v.Projected != nil:
			addProjected(refs, v.Projected)
		}
	}
	for _, c := range pod.Spec.InitContainers {
		addEnvironment(refs, &c)
	}
	for _, c := range pod.Spec.Containers {
		addEnvironment(refs, &c)
	}
	return refs
}

func addProjected(refs map[Reference]bool, p *corev1.ProjectedVolumeSource) {
	for _, s := range p.Sources {
		switch {
		case s.ConfigMap != nil:
			refs[Reference{ConfigMap, s.ConfigMap.Name}] = true
		case s.Secret != nil:
			refs[Reference{Secret, s.Secret.Name}] = true
		}
	}
}

func addEnvironment(refs map[Reference]bool, c *corev1.Container) {
	for _, from := range c.EnvFrom {
		switch {
		case from.ConfigMapRef != nil:
			refs[Reference{ConfigMap, from.ConfigMapRef.Name}] = true
		case from.SecretRef != nil:
			refs[Reference{Secret, from.SecretRef.Name}] = true
		}
	}
	for _, e := range c.Env {
		switch from := e.ValueFrom; {
		case from == nil:
		case from.ConfigMapKeyRef != nil:
			refs[Reference{ConfigMap, from.ConfigMapKeyRef.Name}] = true
		case from.SecretKeyRef != nil:
			refs[Reference{Secret, from.SecretKeyRef.Name}] = true
		}
	}
}
