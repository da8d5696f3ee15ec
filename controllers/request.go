// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// maxRequest is the most bytes of a request that the status repeats: a time in any form, or a name.
const maxRequest = 128

// requested is the last wish for a round that somebody has left at a resource; empty without one.
func requested(webhook client.Object) string {
	wish := webhook.GetAnnotations()[v1alpha1.AnnotationRequestedAt]
	if len(wish) > maxRequest {
		return wish[:0]
	}
	return wish
}
