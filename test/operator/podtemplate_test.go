// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// template is a part of an object in JSON.
func template(text string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(text)} }

const (
	// strict is what the restricted standard wants to hear from each container.
	strict  = `"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}`
	sidecar = `{"name":"sleeper","image":"` + sleeperImage + `:v1","args":["3600"],` + strict + `}`
)

// TestSidecar runs a container beside the receiver, in a namespace that enforces the restricted standard.
func TestSidecar(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	webhook.Spec.Receiver.PodTemplate = template(`{
		"metadata":{"labels":{"team":"sales"},"annotations":{"example.com/note":"a note"}},
		"spec":{"containers":[` + sidecar + `,{"name":"receiver","env":[{"name":"GOMEMLIMIT","value":"400MiB"}]}],"dnsConfig":{"options":[{"name":"ndots","value":"1"}]}}}`)
	create(t, webhook)
	awaitReady(t, webhook)

	pod := theReceiver(t, webhook)
	for _, name := range []string{"receiver", "sleeper"} {
		if s := statusOf(pod, name); s.State.Running == nil || s.RestartCount != 0 {
			t.Errorf("container %s is %s", name, printed(s))
		}
	}
	if pod.Labels["team"] != "sales" || pod.Annotations["example.com/note"] != "a note" || pod.Spec.DNSConfig == nil {
		t.Errorf("the pod is\n%s", printed(pod))
	}
	erp.awaitArrival(t, postAll(t, intakeOf(t, pod), shared, 1))
	if env := pod.Spec.Containers[0].Env; pod.Spec.Containers[0].Name != "receiver" || len(env) != 1 || env[0].Name != "GOMEMLIMIT" {
		t.Errorf("the receiver's environment is %v", env)
	}

	// What is no longer said is taken back.
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.PodTemplate = nil })
	awaitReady(t, webhook)
	pod = theReceiver(t, webhook)
	if len(pod.Spec.Containers) != 1 || pod.Labels["team"] != "" || pod.Spec.Containers[0].Env != nil {
		t.Errorf("the pod is\n%s", printed(pod))
	}
}

// TestKeysThatHaveDefaults leaves out of lists what the API server fills in and takes for a part of their keys. A restarted
// operator looks at what is there, so nothing that is remembered helps.
func TestKeysThatHaveDefaults(t *testing.T) {
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.PodTemplate = template(`{"spec":{
		"containers":[{"name":"sleeper","image":"` + sleeperImage + `:v1","args":["3600"],"ports":[{"containerPort":9102}],` + strict + `}],
		"topologySpreadConstraints":[{"topologyKey":"rack","maxSkew":1,"whenUnsatisfiable":"ScheduleAnyway"}],
		"hostAliases":[{"ip":"192.0.2.1"}],"imagePullSecrets":[{}]}}`)
	create(t, webhook)
	awaitReady(t, webhook)
	withoutOperator(t, func() {})
	awaitRounds(t, webhook, 3)
	if n := stage.operator.rounds.appliesIn(ns); n > 0 {
		t.Errorf("%d objects were applied again, although nothing had changed", n)
	}
}

func statusOf(pod core.Pod, container string) core.ContainerStatus {
	for _, s := range pod.Status.ContainerStatuses {
		if s.Name == container {
			return s
		}
	}
	return core.ContainerStatus{}
}

// TestTemplateThatIsRefused asks for privileges and other things that are not to be had. The receivers that are there stay.
func TestTemplateThatIsRefused(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	create(t, webhook)
	awaitReady(t, webhook)
	before := receiversOf(t, webhook)

	for _, c := range []struct{ name, template, message string }{
		{"the host's network", `{"spec":{"hostNetwork":true}}`, "host namespaces (hostNetwork=true)"},
		{"a privileged container", `{"spec":{"containers":[{"name":"receiver","securityContext":{"privileged":true}}]}}`, `privileged (container "receiver" must not set securityContext.privileged=true)`},
		{"a ServiceAccount of somebody else", `{"spec":{"serviceAccountName":"admin"}}`, "spec.receiver.podTemplate.spec.serviceAccountName: cannot be set"},
		{"another configuration", `{"spec":{"volumes":[{"name":"config","emptyDir":{}}]}}`, "spec.receiver.podTemplate.spec.volumes[0].name"},
		{"a misspelt field", `{"spec":{"nodeSelecter":{}}}`, `spec.receiver.podTemplate: unknown field "spec.nodeSelecter"`},
		// What only the API server knows is told as well.
		{"a container without an image", `{"spec":{"containers":[{"name":"a",` + strict + `}]}}`, "spec.template.spec.containers[1].image: Required value"},
		{"a variable twice", `{"spec":{"containers":[{"name":"a","image":"a","env":[{"name":"A"},{"name":"A"}],` + strict + `}]}}`, `spec.receiver.podTemplate.spec.containers[0].env[1]: name "A" stands there twice`},
	} {
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.PodTemplate = template(c.template) })
		awaitStatus(t, webhook, c.name+" to be refused", func(v1alpha1.SuperOfficeWebhookStatus) bool {
			s := condition(webhook, v1alpha1.ConditionStalled)
			return s.Reason == v1alpha1.ReasonInvalid && s.ObservedGeneration == webhook.Generation && strings.Contains(s.Message, c.message)
		})
	}
	if difference := cmp.Diff(lives(before), lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.PodTemplate = nil })
	awaitReady(t, webhook)
	if c := condition(webhook, v1alpha1.ConditionStalled); c.Type != "" {
		t.Errorf("there is still a condition\n%s", printed(c))
	}
}

// TestUnrestrictedTemplate runs alone: it has an operator that was started to allow what others refuse.
func TestUnrestrictedTemplate(t *testing.T) {
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	create(t, &core.ServiceAccount{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "cloud"}})
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.PodTemplate = template(`{"spec":{"serviceAccountName":"cloud"}}`)
	withoutOperator(t, func() {
		permissive, err := startOperator(operatorOptions{unrestricted: true})
		if err != nil {
			t.Fatal(err)
		}
		create(t, webhook)
		awaitReady(t, webhook)
		if pod := theReceiver(t, webhook); pod.Spec.ServiceAccountName != "cloud" {
			t.Errorf("the pod acts as %s", pod.Spec.ServiceAccountName)
		}
		if err := permissive.stop(); err != nil {
			t.Errorf("stop the operator: %v", err)
		}
	})
	await(t, "the usual operator to refuse it", func(context.Context) (any, bool) {
		find(t, webhook)
		return webhook.Status, condition(webhook, v1alpha1.ConditionStalled).Reason == v1alpha1.ReasonInvalid
	})
}
