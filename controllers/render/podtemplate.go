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
	return merged, nil
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
