// SPDX-License-Identifier: Apache-2.0

package render

import (
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// configKey is the key in the ConfigMap and the name of the file in the pod.
const configKey = "receiver.yaml"

// configMap holds the receivers' configuration. They read it again when kubelet has put a new version into their volume,
// so a change of it replaces no pod.
func configMap(w *v1alpha1.SuperOfficeWebhook, o Options, file []byte) *corev1.ConfigMapApplyConfiguration {
	return corev1.ConfigMap(Name(w), w.Namespace).
		WithLabels(ownLabels(w, o)).
		WithOwnerReferences(owner(w)).
		WithData(map[string]string{configKey: string(file)})
}
