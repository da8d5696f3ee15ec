// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	admission "k8s.io/api/admissionregistration/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// newExposed is a resource with an Ingress, or whatever else its exposure is changed to.
func newExposed(t *testing.T, exposure v1alpha1.Exposure) *v1alpha1.SuperOfficeWebhook {
	t.Helper()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Exposure = exposure
	create(t, webhook)
	return webhook
}

// reports has somebody report in the status of an object.
func reports[O client.Object](t *testing.T, object O, edit func(O)) {
	t.Helper()
	if !find(t, object) {
		t.Fatalf("there is no %s", kindOf(t, object))
	}
	before := object.DeepCopyObject().(client.Object)
	edit(object)
	if err := stage.client.Status().Patch(t.Context(), object, client.MergeFrom(before), client.FieldOwner("somebody")); err != nil {
		t.Fatalf("report: %v", err)
	}
}

func awaitURL(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, url string) {
	t.Helper()
	awaitStatus(t, webhook, "the address "+url, func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return s.Address != nil && s.Address.URL == url
	})
}

// wantNoDrift asks as GitOps tools do: would the manifest, applied again, change anything?
func wantNoDrift(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) {
	t.Helper()
	manifest, err := yaml.Marshal(map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "SuperOfficeWebhook",
		"metadata": map[string]string{"namespace": webhook.Namespace, "name": webhook.Name},
		"spec":     webhook.Spec,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "webhook.yaml") // its path has the test's name: kubectl takes a comma for two files
	if err := os.WriteFile(file, manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "apply", "--server-side", "--force-conflicts", "--field-manager=gitops", "--filename="+file)
	awaitReady(t, webhook)
	kubectl(t, "diff", "--server-side", "--field-manager=gitops", "--filename="+file) // fails where there is a difference
}

func TestIngress(t *testing.T) {
	t.Parallel()
	webhook := newExposed(t, v1alpha1.Exposure{Ingress: &v1alpha1.IngressExposure{
		Host: "hooks.example.com", ClassName: ptr.To("nginx"), TLSSecretName: "hooks-tls", Annotations: v1alpha1.Annotations{"example.com/timeout": "5"},
	}})
	ingress := &networking.Ingress{ObjectMeta: meta.ObjectMeta{Namespace: webhook.Namespace, Name: "crm-receiver"}}

	t.Run("does not hold Ready up while its controller reports nothing", func(t *testing.T) {
		awaitReady(t, webhook)
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionUnknown, v1alpha1.ReasonAddressPending)
		awaitURL(t, webhook, "https://hooks.example.com/webhook")
	})
	t.Run("leads to the receivers", func(t *testing.T) {
		if !find(t, ingress) {
			t.Fatal("there is none")
		}
		want := networking.IngressSpec{
			IngressClassName: ptr.To("nginx"),
			TLS:              []networking.IngressTLS{{Hosts: []string{"hooks.example.com"}, SecretName: "hooks-tls"}},
			Rules: []networking.IngressRule{{
				Host: "hooks.example.com",
				IngressRuleValue: networking.IngressRuleValue{HTTP: &networking.HTTPIngressRuleValue{Paths: []networking.HTTPIngressPath{{
					Path: "/webhook", PathType: ptr.To(networking.PathTypeExact),
					Backend: networking.IngressBackend{Service: &networking.IngressServiceBackend{Name: "crm-receiver", Port: networking.ServiceBackendPort{Number: 80}}},
				}}}},
			}},
		}
		if difference := cmp.Diff(want, ingress.Spec); difference != "" {
			t.Errorf("(-want +got):\n%s", difference)
		}
		if ingress.Annotations["example.com/timeout"] != "5" || !meta.IsControlledBy(ingress, webhook) {
			t.Errorf("it is\n%s", printed(ingress))
		}
	})
	t.Run("is reported as its controller reports it", func(t *testing.T) {
		reports(t, ingress, func(i *networking.Ingress) {
			i.Status.LoadBalancer.Ingress = []networking.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}
		})
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionTrue, v1alpha1.ReasonExposed)
		wantContains(t, condition(webhook, v1alpha1.ConditionExposed).Message, "192.0.2.1")
	})
	t.Run("neither drifts nor is written while nothing changes", func(t *testing.T) {
		wantNoDrift(t, webhook)
		awaitRounds(t, webhook, 2)
		if !find(t, ingress) || !find(t, webhook) {
			t.Fatal("it is gone")
		}
		before := []string{ingress.ResourceVersion, webhook.ResourceVersion}
		awaitRounds(t, webhook, 3)
		if !find(t, ingress) || !find(t, webhook) {
			t.Fatal("it is gone")
		}
		if difference := cmp.Diff(before, []string{ingress.ResourceVersion, webhook.ResourceVersion}); difference != "" {
			t.Errorf("resourceVersions (-before +after):\n%s", difference)
		}
	})
	t.Run("is put right where somebody edits what the operator owns, and only there", func(t *testing.T) {
		change(t, ingress, func(i *networking.Ingress) {
			i.Annotations["example.com/timeout"], i.Annotations["example.com/of-others"] = "6", "stays"
			i.Spec.Rules[0].Host = "other.example.com"
		})
		await(t, "the edits to be reverted", func(context.Context) (any, bool) {
			return ingress, find(t, ingress) && ingress.Annotations["example.com/timeout"] == "5" && ingress.Spec.Rules[0].Host == "hooks.example.com"
		})
		change(t, ingress, func(i *networking.Ingress) { i.Annotations["example.com/timeout"] = "7" }) // which counts no generation
		await(t, "the edit to be reverted", func(context.Context) (any, bool) {
			return ingress, find(t, ingress) && ingress.Annotations["example.com/timeout"] == "5"
		})
		if ingress.Annotations["example.com/of-others"] != "stays" {
			t.Errorf("an annotation of somebody else is gone:\n%s", printed(ingress.Annotations))
		}
	})
	t.Run("is taken away when it is no longer asked for", func(t *testing.T) {
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Ingress = nil })
		awaitGone(t, ingress)
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionTrue, v1alpha1.ReasonClusterOnly)
		awaitURL(t, webhook, "http://crm-receiver."+webhook.Namespace+".svc/webhook")
		awaitReady(t, webhook)
	})
}

func TestIngressOfSomebodyElse(t *testing.T) {
	t.Parallel()
	webhook := newExposed(t, v1alpha1.Exposure{})
	stranger := &networking.Ingress{
		ObjectMeta: meta.ObjectMeta{Namespace: webhook.Namespace, Name: "crm-receiver", Labels: map[string]string{"app.kubernetes.io/managed-by": "superoffice-webhook-operator"}},
		Spec: networking.IngressSpec{DefaultBackend: &networking.IngressBackend{
			Service: &networking.IngressServiceBackend{Name: "other", Port: networking.ServiceBackendPort{Number: 80}},
		}},
	}
	create(t, stranger)
	awaitReady(t, webhook)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Exposure.Ingress = &v1alpha1.IngressExposure{Host: "hooks.example.com"}
	})
	awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionFalse, v1alpha1.ReasonNameTaken)
	awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonNameTaken)
	if c := condition(webhook, v1alpha1.ConditionReceiverAvailable); c.Status != meta.ConditionTrue {
		t.Errorf("receivers are no longer available:\n%s", printed(c))
	}

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Ingress = nil })
	awaitReady(t, webhook)
	version := stranger.ResourceVersion
	if !find(t, stranger) || stranger.ResourceVersion != version {
		t.Errorf("what belongs to somebody else was touched:\n%s", printed(stranger))
	}
}

// TestIngressThatIsRefused has an admission policy say no, as ingress controllers do to a host that somebody else has.
func TestIngressThatIsRefused(t *testing.T) {
	t.Parallel()
	webhook := newExposed(t, v1alpha1.Exposure{Ingress: &v1alpha1.IngressExposure{Host: "hooks.example.com"}})
	awaitReady(t, webhook)
	refuseHost(t, webhook.Namespace, "taken.example.com")

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Ingress.Host = "taken.example.com" })
	awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionFalse, v1alpha1.ReasonInvalid)
	wantContains(t, condition(webhook, v1alpha1.ConditionExposed).Message, "somebody else has this host")
	awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonInvalid)
	wantKstatus(t, webhook, status.FailedStatus)
	if c := condition(webhook, v1alpha1.ConditionReceiverAvailable); c.Status != meta.ConditionTrue {
		t.Errorf("receivers are no longer available:\n%s", printed(c))
	}

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Ingress.Host = "free.example.com" })
	awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionUnknown, v1alpha1.ReasonAddressPending)
	awaitReady(t, webhook)
}

// refuseHost returns when no Ingress of the host can be written in the namespace any more.
func refuseHost(t *testing.T, namespace, host string) {
	t.Helper()
	forbidden := meta.StatusReasonForbidden
	policy := &admission.ValidatingAdmissionPolicy{
		ObjectMeta: meta.ObjectMeta{Name: namespace},
		Spec: admission.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admission.MatchResources{ResourceRules: []admission.NamedRuleWithOperations{{RuleWithOperations: admission.RuleWithOperations{
				Operations: []admission.OperationType{admission.Create, admission.Update},
				Rule:       admission.Rule{APIGroups: []string{"networking.k8s.io"}, APIVersions: []string{"v1"}, Resources: []string{"ingresses"}},
			}}}},
			Validations: []admission.Validation{{
				Expression: fmt.Sprintf("object.spec.rules.all(r, r.host != '%s')", host), Message: "somebody else has this host", Reason: &forbidden,
			}},
		},
	}
	binding := &admission.ValidatingAdmissionPolicyBinding{
		ObjectMeta: meta.ObjectMeta{Name: namespace},
		Spec: admission.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: namespace, ValidationActions: []admission.ValidationAction{admission.Deny},
			MatchResources: &admission.MatchResources{NamespaceSelector: &meta.LabelSelector{MatchLabels: map[string]string{core.LabelMetadataName: namespace}}},
		},
	}
	create(t, policy)
	create(t, binding)
	t.Cleanup(func() {
		for _, o := range []client.Object{binding, policy} {
			if err := stage.client.Delete(context.Background(), o); err != nil {
				t.Errorf("delete: %v", err)
			}
		}
	})
	await(t, "the policy to be in force", func(ctx context.Context) (any, bool) {
		err := stage.client.Create(ctx, &networking.Ingress{
			ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: "attempt"},
			Spec:       networking.IngressSpec{Rules: []networking.IngressRule{{Host: host}}},
		}, client.DryRunAll)
		return err, apierrors.IsForbidden(err)
	})
}
