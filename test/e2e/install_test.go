// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	release           = "superoffice-webhook-operator"
	operatorNamespace = "superoffice-webhook-system"
	chart             = "charts/superoffice-webhook-operator"
	// tag is that of the images under test.
	tag = "e2e"
	// ours is the label of the namespaces that these tests make.
	ours = "superoffice-webhook-e2e"
	// trust is the ConfigMap, in the operator's namespace, with the authority of the tests.
	trust = "trust"
	crd   = "superofficewebhooks.webhooks.superoffice.dev"
)

// values are what each installation of the chart is given: the images under test, and whom else the operator's probes trust.
var values = []string{
	"--set=image.tag=" + tag, "--set=receiver.image.tag=" + tag, "--set=test.image.tag=" + tag,
	`--set-json=extraEnv=[{"name": "SSL_CERT_DIR", "value": "/trust"}]`,
	`--set-json=extraVolumes=[{"name": "trust", "configMap": {"name": "` + trust + `"}}]`,
	`--set-json=extraVolumeMounts=[{"name": "trust", "mountPath": "/trust", "readOnly": true}]`,
}

// helm installs or upgrades the chart from the working tree.
func helm(t *testing.T, verb string, more ...string) {
	t.Helper()
	args := append([]string{verb, release, chart, "--namespace=" + operatorNamespace, "--wait", "--timeout=180s"}, values...)
	command(t, "", stage.helm, append(args, more...)...)
}

// install installs the chart into a namespace in which the restricted pod security standard is enforced.
func install(t *testing.T) {
	helm(t, "install", "--set=observeInterval=2s")
	kubectl(t, "wait", "--for=condition=Established", "crd/"+crd, "--timeout=60s")
	command(t, "", stage.helm, "test", release, "--namespace="+operatorNamespace, "--timeout=180s")
	note(t, "helm test sent a signed test event through a receiver's Service")
	note(t, "the chart's operator is available, under the restricted pod security standard")
	for _, image := range managerImages(t) {
		note(t, "runs %s", image)
	}
}

func managerImages(t *testing.T) (images []string) {
	t.Helper()
	pods, err := managers(t.Context())
	if err != nil || len(pods) == 0 {
		t.Fatalf("there are %d pods of the operator: %v", len(pods), err)
	}
	for _, p := range pods {
		for _, c := range p.Status.ContainerStatuses {
			images = append(images, c.Image)
		}
	}
	return images
}

// managers are the operator's pods that are not about to go.
func managers(ctx context.Context) (pods []core.Pod, err error) {
	var list core.PodList
	if err := stage.client.List(ctx, &list, client.InNamespace(operatorNamespace)); err != nil {
		return nil, err
	}
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil && strings.HasPrefix(p.Name, release) {
			pods = append(pods, p)
		}
	}
	return pods, nil
}

// createOperatorNamespace makes the namespace of the operator, as its administrator would.
func createOperatorNamespace(t *testing.T) {
	t.Helper()
	ns := &core.Namespace{ObjectMeta: meta.ObjectMeta{
		Name:   operatorNamespace,
		Labels: map[string]string{ours: "true", "pod-security.kubernetes.io/enforce": "restricted"},
	}}
	err := stage.client.Create(t.Context(), ns)
	if apierrors.IsAlreadyExists(err) {
		t.Fatalf("there is a namespace %s already: these tests need a cluster without the operator", operatorNamespace)
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the namespace to be complete", func(ctx context.Context) error {
		return stage.client.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: "default"}, &core.ServiceAccount{})
	})
	scene{namespace: operatorNamespace}.create(t, &core.ConfigMap{
		ObjectMeta: meta.ObjectMeta{Name: trust, Namespace: operatorNamespace},
		Data:       map[string]string{"ca.crt": stage.authority.PEM()},
	})
}

// cleanUp removes what a failure may have left.
func cleanUp(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{
		{stage.helm, "uninstall", release, "--namespace=" + operatorNamespace, "--ignore-not-found", "--wait", "--timeout=60s"},
		{stage.kubectl, "delete", "crd/" + crd, "--ignore-not-found", "--timeout=60s"},
		{stage.kubectl, "delete", "namespaces", "--selector=" + ours, "--wait=false"},
	} {
		if out, err := execute(context.Background(), "", args[0], args[1:]...); err != nil {
			t.Errorf("clean up: %v\n%s", err, out)
		}
	}
}
