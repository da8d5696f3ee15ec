// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	strict "sigs.k8s.io/json"
)

const podTemplatePath = "spec.receiver.podTemplate"

// defaultContainerAnnotation tells kubectl logs and exec which of several containers is meant.
const defaultContainerAnnotation = "kubectl.kubernetes.io/default-container"

// podTemplate is the operator's own with the wanted one merged over it.
func podTemplate(r *receivers, o Options) (*corev1.PodTemplateSpecApplyConfiguration, error) {
	template := ownPodTemplate(r, o)
	in := r.shape.PodTemplate
	if in == nil {
		return template, nil
	}
	var wanted core.PodTemplateSpec
	if err := decode(podTemplatePath, in.Raw, &wanted, nil); err != nil {
		return nil, err
	}
	if err := refuse(&wanted, r.gracePeriod(), o); err != nil {
		return nil, err
	}
	if len(wanted.Spec.Containers) > 0 {
		template.WithAnnotations(map[string]string{defaultContainerAnnotation: receiverContainer})
	}
	merged, err := merge(template, in.Raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", podTemplatePath, err)
	}
	if o.UnrestrictedPodTemplates {
		return merged, nil
	}
	return merged, restricted(merged)
}

func ownPodTemplate(r *receivers, o Options) *corev1.PodTemplateSpecApplyConfiguration {
	return corev1.PodTemplateSpec().
		WithLabels(podLabels(r.selector)).
		WithAnnotations(r.fingerprint).
		WithSpec(podSpec(r, o))
}

// merge lays a template over another as kubectl patch does, so that each list has the key that Kubernetes gave it: name for
// containers, volumes and variables, mountPath for mounts. What is null is not said: nothing can be taken away.
func merge(template *corev1.PodTemplateSpecApplyConfiguration, over []byte) (*corev1.PodTemplateSpecApplyConfiguration, error) {
	under, err := json.Marshal(template)
	if err != nil {
		return nil, err
	}
	var original, patch map[string]any
	err = errors.Join(strict.UnmarshalCaseSensitivePreserveInts(under, &original), strict.UnmarshalCaseSensitivePreserveInts(over, &patch))
	if err != nil {
		return nil, err
	}
	dropNull(patch)
	result, err := strategicpatch.StrategicMergeMapPatch(original, patch, core.PodTemplateSpec{})
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	merged := corev1.PodTemplateSpec()
	if err := json.Unmarshal(data, merged); err != nil {
		return nil, err
	}
	slices.SortStableFunc(merged.Spec.Containers, receiverFirst)
	completeKeys(merged.Spec)
	return merged, nil
}

// completeKeys says aloud what the API server would fill in of the keys of lists. Where it does, the entry that it notes as
// owned has another key than the one that was applied, and is taken for lost in each round. No other keys have defaults.
func completeKeys(pod *corev1.PodSpecApplyConfiguration) {
	for _, containers := range [][]corev1.ContainerApplyConfiguration{pod.InitContainers, pod.Containers} {
		for _, c := range containers {
			for i := range c.Ports {
				if c.Ports[i].Protocol == nil {
					c.Ports[i].WithProtocol(core.ProtocolTCP)
				}
			}
		}
	}
	for i := range pod.ImagePullSecrets { // one without a name is tolerated
		if pod.ImagePullSecrets[i].Name == nil {
			pod.ImagePullSecrets[i].WithName("")
		}
	}
}

// receiverFirst puts the receiver before containers that were merged in, as in a pod without any.
func receiverFirst(a, b corev1.ContainerApplyConfiguration) int {
	switch {
	case *a.Name == receiverContainer:
		return -1
	case *b.Name == receiverContainer:
		return 1
	}
	return 0
}

func dropNull(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if inner == nil {
				delete(v, key)
			}
			dropNull(inner)
		}
	case []any:
		for _, inner := range v {
			dropNull(inner)
		}
	}
}
