// SPDX-License-Identifier: Apache-2.0

package suspend

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
)

func TestKeeper(t *testing.T) {
	t.Parallel()
	for want, of := range map[string]metav1.ObjectMeta{
		"":                               {Labels: map[string]string{"app.kubernetes.io/managed-by": "somebody"}},
		"Flux (Kustomization flux/apps)": {Labels: map[string]string{"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}},
		"Flux (HelmRelease flux/crm)":    {Labels: map[string]string{"helm.toolkit.fluxcd.io/name": "crm", "helm.toolkit.fluxcd.io/namespace": "flux"}},
		"Argo CD (Application crm)":      {Annotations: map[string]string{"argocd.argoproj.io/tracking-id": "crm:webhooks.superoffice.dev/SuperOfficeWebhook:sales/crm"}},
		"Argo CD (Application old)":      {Labels: map[string]string{"argocd.argoproj.io/instance": "old"}},
		"Helm (release sales/crm, at its next upgrade)": {Annotations: map[string]string{"meta.helm.sh/release-name": "crm", "meta.helm.sh/release-namespace": "sales"}},
		"Argo CD": {ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "argocd-controller"}}},
		"Flux":    {ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}, {Manager: "kustomize-controller"}}},
	} {
		if got := keeper(&v1alpha1.SuperOfficeWebhook{ObjectMeta: of}); got != want {
			t.Errorf("%v is kept by %q, want %q", of, got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	o := options{suspend: true}
	err := o.write(&stdout, &stderr, []outcome{
		{Namespace: "sales", Name: "crm", Suspended: true, Changed: true, KeptBy: "Flux"},
		{Namespace: "sales", Name: "was", Suspended: true, KeptBy: "Flux"},
		{Namespace: "sales", Name: "no", Error: "forbidden"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("superofficewebhook/crm is suspended\nsuperofficewebhook/was is suspended already\n", stdout.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff("note: Flux keeps sales/crm and will put spec.suspend back: change it there\n", stderr.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhichAreMeant(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"name SuperOfficeWebhooks, or give --selector, or --all for all of the namespace": {},
		"names, --selector and --all exclude each other":                                  {"crm", "--all"},
		"--selector: found '=', expected: ',' or 'end of string'":                         {"-l", "a=b=c"},
	} {
		cmd := NewResumeCommand()
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(args)
		if err := cmd.ExecuteContext(t.Context()); err == nil || err.Error() != want || exit.Of(err) != exit.Usage {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}
