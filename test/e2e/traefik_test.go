// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const traefikManifest = "test/e2e/testdata/traefik.yaml"

// startTraefik brings somebody who serves Ingresses and the Gateway API to a cluster that has nobody. It is gone at the end.
func startTraefik(t *testing.T) {
	t.Helper()
	definitions := gatewayDefinitions(t)
	for _, path := range []string{definitions, traefikManifest} {
		t.Cleanup(func() {
			if out, err := execute(context.Background(), "", stage.kubectl, "delete", "--filename="+path, "--wait=false"); err != nil {
				t.Errorf("clean up: %v\n%s", err, out)
			}
		})
		kubectl(t, "apply", "--server-side", "--filename="+path)
		kubectl(t, "wait", "--for=condition=Established", "crd/gatewayclasses.gateway.networking.k8s.io", "--timeout=60s")
	}
	kubectl(t, "rollout", "status", "deployment/traefik", "--namespace=superoffice-webhook-e2e-traefik", "--timeout=180s")
}

// gatewayDefinitions is the folder with the definitions of the Gateway API's standard channel, from the module of its types.
func gatewayDefinitions(t *testing.T) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("find the definitions of the Gateway API: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "config", "crd", "standard")
}
