// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"context"
	"strings"
	"sync"
	"testing"
)

// previous is the chart before this one. testdata/README.md says where it is from.
const previous = "test/manifests/testdata/superoffice-webhook-operator-0.1.0.tgz"

// TestUpgradeFromThePreviousChart has a webhook live through it: neither the resource nor anything that was made for it is
// replaced, and the operator goes on to look after it with the rights that the new chart gives.
func TestUpgradeFromThePreviousChart(t *testing.T) {
	for title, values := range map[string][]string{
		"with the defaults":      nil,
		"with some values":       {"--set=resources.requests.cpu=20m,commonLabels.team=crm,observeInterval=5s"},
		"in one namespace only":  {"--set=watchNamespaces={sales}"},
		"with its objects named": {"--set=fullnameOverride=superoffice-webhook-operator,logLevel=debug"},
	} {
		t.Run(title, func(t *testing.T) {
			createNamespaces(t, namespace, "sales")
			takeBack := lendRights(t)
			command(t, "", tools.helm, append([]string{
				"install", release, previous, "--namespace=" + namespace, "--wait", "--timeout=120s",
			}, values...)...)
			t.Cleanup(func() { helmUninstall(t) })
			t.Cleanup(func() { tellLogs(t) })
			bringUp(t)
			before := uids(t)

			command(t, "", tools.helm,
				"upgrade", release, chart, "--namespace="+namespace, "--reset-then-reuse-values", "--wait", "--timeout=120s")
			takeBack()

			kubectl(t, "wait", "--for=condition=Ready", "superofficewebhook/minimal", "--namespace=sales", "--timeout=120s")
			if after := uids(t); after != before {
				t.Errorf("something was replaced. Before:\n%s\nafter:\n%s", before, after)
			}
			// It is looked after: what changes is taken over.
			kubectl(t, "patch", "superofficewebhook/minimal", "--namespace=sales", "--type=merge", `--patch={"spec":{"receiver":{"replicas":1}}}`)
			kubectl(t, "wait", "--for=jsonpath={.spec.replicas}=1", "deployment/minimal-receiver", "--namespace=sales", "--timeout=120s")
			// The garbage collector goes by owners, see uids. It looks for new kinds every 30 seconds only, so nobody waits for it
			// here: TestOperatorWorksAsInstalled does.
			kubectl(t, "delete", "superofficewebhook/minimal", "--namespace=sales", "--timeout=120s")
			kubectl(t, "delete", "deployments", "--all", "--namespace=sales", "--cascade=foreground", "--timeout=120s")
		})
	}
}

// lendRights gives the operator what the previous chart does not: whichever chart installs it, it is today's manager that
// runs here, and it needs more rights than the one of that time.
func lendRights(t *testing.T) (takeBack func()) {
	t.Helper()
	kubectl(t, "create", "clusterrole", "lent", "--verb=get,list,watch,create,patch,delete",
		"--resource=horizontalpodautoscalers.autoscaling,networkpolicies.networking.k8s.io,ingresses.networking.k8s.io")
	kubectl(t, "create", "clusterrolebinding", "lent", "--clusterrole=lent", "--serviceaccount="+namespace+":superoffice-webhook-operator")
	takeBack = sync.OnceFunc(func() { cleanUp(t, "delete", "clusterrolebinding/lent", "clusterrole/lent") })
	t.Cleanup(takeBack)
	return takeBack
}

// bringUp makes the least of webhooks in the namespace sales, and waits for it.
func bringUp(t *testing.T) {
	t.Helper()
	kubectl(t, "create", "secret", "generic", "crm-webhook", "--from-literal=secret=Name you provided", "--namespace=sales")
	kubectl(t, "apply", "--server-side", "-f", "config/samples/minimal.yaml", "--namespace=sales")
	kubectl(t, "wait", "--for=condition=Ready", "superofficewebhook/minimal", "--namespace=sales", "--timeout=180s")
}

// uids identify what must live on: the definition, the resource, and what the operator made for it, with its owners.
func uids(t *testing.T) string {
	t.Helper()
	const format = `--output=jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} of {.metadata.ownerReferences[*].uid}{"\n"}{end}`
	definition := kubectl(t, "get", "crd/superofficewebhooks.webhooks.superoffice.dev", `--output=jsonpath={.metadata.uid}{"\n"}`)
	return definition + kubectl(t, "get", "superofficewebhooks,deployments,services,configmaps,serviceaccounts,poddisruptionbudgets,pods", "--namespace=sales", format)
}

// TestUpgradeThatIsRefusedChangesNothing: values that the new chart does not take are told before anything is touched.
func TestUpgradeThatIsRefusedChangesNothing(t *testing.T) {
	createNamespaces(t, namespace)
	command(t, "", tools.helm, "install", release, previous, "--namespace="+namespace, "--wait", "--timeout=120s")
	t.Cleanup(func() { helmUninstall(t) })
	if _, err := execute(context.Background(), "", tools.helm, "upgrade", release, chart, "--namespace="+namespace, "--set=replicas=2"); err == nil {
		t.Error("it was not refused")
	}
	if list := command(t, "", tools.helm, "history", release, "--namespace="+namespace, "--output=json"); strings.Count(list, `"revision"`) != 1 {
		t.Errorf("there is a revision more: %s", list)
	}
}
