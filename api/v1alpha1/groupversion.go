// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion identifies this API.
var GroupVersion = schema.GroupVersion{Group: "webhooks.superoffice.dev", Version: "v1alpha1"}

// AddToScheme makes the types of this package known to a scheme.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion, &SuperOfficeWebhook{}, &SuperOfficeWebhookList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}

// AnnotationRequestedAt has the operator look at a resource at once, and apply everything anew, when it gets another value.
// The status repeats it when that is done (lastHandledReconcileAt).
const AnnotationRequestedAt = "webhooks.superoffice.dev/requestedAt"
