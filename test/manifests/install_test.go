// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"context"
	"testing"
)

// TestOperatorWorksAsInstalled installs the operator in each documented way, has it bring a webhook up with the rights
// that it was given, and removes it again.
func TestOperatorWorksAsInstalled(t *testing.T) {
	for _, c := range []struct {
		name       string
		namespaces []string
		install    func(t *testing.T)
		uninstall  func(t *testing.T)
	}{
		{
			name:       "by kubectl apply -k config/default",
			namespaces: []string{"sales"},
			install: func(t *testing.T) {
				kubectl(t, "apply", "--server-side", "-k", "config/default")
			},
			uninstall: func(t *testing.T) {
				cleanUp(t, "delete", "-k", "config/default", "--ignore-not-found", "--timeout=120s")
			},
		},
		{
			name:       "by helm install",
			namespaces: []string{namespace, "sales"},
			install: func(t *testing.T) {
				helmInstall(t)
			},
			uninstall: helmUninstall,
		},
		{
			name:       "by helm install, with rights in one namespace only",
			namespaces: []string{namespace, "sales"},
			install: func(t *testing.T) {
				helmInstall(t, "--set=watchNamespaces={sales}")
			},
			uninstall: helmUninstall,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			createNamespaces(t, c.namespaces...)
			c.install(t)
			t.Cleanup(func() { c.uninstall(t) })
			t.Cleanup(func() { tellLogs(t) })
			kubectl(t, "wait", "--for=condition=Available", "deployment/"+release, "--namespace="+namespace, "--timeout=120s")

			bringUp(t)
			// In this order: nobody but the garbage collector is needed for what the operator made.
			kubectl(t, "delete", "superofficewebhook/minimal", "--namespace=sales", "--cascade=foreground", "--timeout=120s")
		})
	}
}

func TestUninstalledChartLeavesTheDefinitionBehind(t *testing.T) {
	createNamespaces(t, namespace)
	t.Cleanup(func() { helmUninstall(t) })
	helmInstall(t)
	command(t, "", tools.helm, "uninstall", release, "--namespace="+namespace, "--wait")
	kubectl(t, "get", "crd/superofficewebhooks.webhooks.superoffice.dev")
	// A later installation takes it up again.
	helmInstall(t)
}

func helmInstall(t *testing.T, more ...string) {
	t.Helper()
	command(t, "", tools.helm, append([]string{
		"install", release, chart, "--namespace=" + namespace, "--wait", "--timeout=120s",
	}, more...)...)
}

// helmUninstall removes what Helm leaves behind on purpose, too.
func helmUninstall(t *testing.T) {
	t.Helper()
	if out, err := execute(context.Background(), "", tools.helm, "uninstall", release, "--namespace="+namespace, "--ignore-not-found", "--wait"); err != nil {
		t.Errorf("uninstall: %v\n%s", err, out)
	}
	cleanUp(t, "delete", "crd/superofficewebhooks.webhooks.superoffice.dev", "--ignore-not-found", "--timeout=120s")
}

// tellLogs helps to understand a failure.
func tellLogs(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for _, args := range [][]string{
		{"logs", "deployment/" + release, "--namespace=" + namespace, "--tail=50"},
		{"get", "superofficewebhooks,deployments,pods,events", "--all-namespaces", "--output=wide"},
	} {
		out, err := execute(context.Background(), "", tools.kubectl, args...)
		t.Logf("%v: %v\n%s", args, err, out)
	}
}
