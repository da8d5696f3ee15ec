// SPDX-License-Identifier: Apache-2.0

package render

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// AnnotationApplied has the fingerprint of what was applied last, so that it need not be applied again to find out.
const AnnotationApplied = "webhooks.superoffice.dev/applied"

// Encode returns an object as it is applied, with its fingerprint as an annotation, and the fingerprint.
func Encode(object runtime.ApplyConfiguration) (_ *unstructured.Unstructured, fingerprint string, _ error) {
	data, err := json.Marshal(object)
	if err != nil {
		return nil, "", fmt.Errorf("encode object: %w", err)
	}
	sum := sha256.Sum256(data)
	fingerprint = fmt.Sprintf("%x", sum[:8])
	var encoded unstructured.Unstructured
	if err := encoded.UnmarshalJSON(data); err != nil {
		return nil, "", fmt.Errorf("decode object: %w", err)
	}
	annotations := encoded.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[AnnotationApplied] = fingerprint
	encoded.SetAnnotations(annotations)
	return &encoded, fingerprint, nil
}
