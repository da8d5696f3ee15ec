// SPDX-License-Identifier: Apache-2.0

package suspend

import (
	"fmt"
	"strings"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// keeper is what keeps a resource as it is declared somewhere else; empty when nothing is known to. Each tool marks what it
// keeps in its own way.
func keeper(w *v1alpha1.SuperOfficeWebhook) string {
	label, annotation := w.Labels, w.Annotations
	switch {
	case label["kustomize.toolkit.fluxcd.io/name"] != "":
		return fmt.Sprintf("Flux (Kustomization %s/%s)", label["kustomize.toolkit.fluxcd.io/namespace"], label["kustomize.toolkit.fluxcd.io/name"])
	case label["helm.toolkit.fluxcd.io/name"] != "":
		return fmt.Sprintf("Flux (HelmRelease %s/%s)", label["helm.toolkit.fluxcd.io/namespace"], label["helm.toolkit.fluxcd.io/name"])
	case annotation["argocd.argoproj.io/tracking-id"] != "":
		application, _, _ := strings.Cut(annotation["argocd.argoproj.io/tracking-id"], ":")
		return fmt.Sprintf("Argo CD (Application %s)", application)
	case label["argocd.argoproj.io/instance"] != "":
		return fmt.Sprintf("Argo CD (Application %s)", label["argocd.argoproj.io/instance"])
	case annotation["meta.helm.sh/release-name"] != "":
		return fmt.Sprintf("Helm (release %s/%s, at its next upgrade)", annotation["meta.helm.sh/release-namespace"], annotation["meta.helm.sh/release-name"])
	}
	for _, entry := range w.ManagedFields {
		switch {
		case strings.HasPrefix(entry.Manager, "argocd"):
			return "Argo CD"
		case entry.Manager == "kustomize-controller", entry.Manager == "helm-controller":
			return "Flux"
		}
	}
	return ""
}
