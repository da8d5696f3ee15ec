// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// forbidden is the answer to those who lack a right.
func forbidden(resource string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "crm", errors.New("no"))
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestGet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cluster client.Client
		err     string
	}{
		"finds the resource in its namespace": {
			cluster: clusterOf(webhook()),
		},
		"does not take that of another namespace": {
			cluster: clusterOf(webhook(func(w *v1alpha1.SuperOfficeWebhook) { w.Namespace = "support" })),
			err:     "there is no SuperOfficeWebhook sales/crm",
		},
		"tells why the API server refuses": {
			cluster: failing(forbidden("superofficewebhooks")),
			err:     `read SuperOfficeWebhook sales/crm: superofficewebhooks "crm" is forbidden: no`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Get(t.Context(), test.cluster, crm)
			if text(err) != test.err {
				t.Fatalf("the error is %q, want %q", text(err), test.err)
			}
			if err == nil && client.ObjectKeyFromObject(got) != crm {
				t.Errorf("it is %s", client.ObjectKeyFromObject(got))
			}
		})
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	if got := Path(webhook()); got != "/webhook" {
		t.Errorf("the path is %q where none is set", got)
	}
	if got := Path(webhook(func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Path = "/hooks/crm" })); got != "/hooks/crm" {
		t.Errorf("the path is %q", got)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	secret := func(data map[string]string) *corev1.Secret {
		s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "sales", Name: "crm-webhook"}, Data: map[string][]byte{}}
		for key, value := range data {
			s.Data[key] = []byte(value)
		}
		return s
	}
	key := func(key string) func(*v1alpha1.SuperOfficeWebhook) {
		return func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Secret.Key = v1alpha1.SecretKey(key) }
	}
	elsewhere := secret(map[string]string{"secret": "a"})
	elsewhere.Namespace = "support"
	for name, test := range map[string]struct {
		webhook *v1alpha1.SuperOfficeWebhook
		cluster client.Client
		want    string
		err     string
	}{
		"is in the key secret unless another is named": {
			webhook: webhook(),
			cluster: clusterOf(secret(map[string]string{"secret": "right", "previous": "wrong"})),
			want:    "right",
		},
		"is in the key that is named": {
			webhook: webhook(key("token")),
			cluster: clusterOf(secret(map[string]string{"secret": "wrong", "token": "right"})),
			want:    "right",
		},
		"is taken byte for byte": {
			webhook: webhook(),
			cluster: clusterOf(secret(map[string]string{"secret": " r\xffght\r\n"})),
			want:    " r\xffght\r\n",
		},
		"is not there": {
			webhook: webhook(),
			cluster: clusterOf(elsewhere),
			err:     "there is no Secret sales/crm-webhook, which spec.secret of the resource names",
		},
		"lacks the key that nobody named": {
			webhook: webhook(),
			cluster: clusterOf(secret(map[string]string{"token": "wrong"})),
			err:     `the Secret sales/crm-webhook has no key "secret", which spec.secret of the resource names`,
		},
		"lacks the key that is named": {
			webhook: webhook(key("token")),
			cluster: clusterOf(secret(map[string]string{"secret": "wrong"})),
			err:     `the Secret sales/crm-webhook has no key "token", which spec.secret of the resource names`,
		},
		"is empty": {
			webhook: webhook(),
			cluster: clusterOf(secret(map[string]string{"secret": ""})),
			err:     `the key "secret" of Secret sales/crm-webhook is empty`,
		},
		"must not be read": {
			webhook: webhook(),
			cluster: failing(forbidden("secrets")),
			err:     `read Secret sales/crm-webhook: secrets "crm" is forbidden: no`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Secret(t.Context(), test.cluster, test.webhook)
			if text(err) != test.err {
				t.Fatalf("the error is %q, want %q", text(err), test.err)
			}
			if err == nil && !got.Equal(superoffice.NewSecret([]byte(test.want))) {
				t.Error("it is another one")
			}
		})
	}
}

func TestReadyPod(t *testing.T) {
	t.Parallel()
	const none = " receiver pods of SuperOfficeWebhook sales/crm is ready; see: " +
		"kubectl get pods -n sales -l webhooks.superoffice.dev/webhook=crm"
	unready := func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse }
	starting := func(p *corev1.Pod) { p.Status.Phase, p.Status.Conditions = corev1.PodPending, nil }
	failed := func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed } // its conditions may be those of before
	ending := func(p *corev1.Pod) {
		now := metav1.Now()
		p.DeletionTimestamp, p.Finalizers = &now, []string{"example.com/slow"}
	}
	ofAnother := func(p *corev1.Pod) { p.Labels[podLabel] = "crm2" }
	elsewhere := func(p *corev1.Pod) { p.Namespace = "support" }
	for name, test := range map[string]struct {
		cluster client.Client
		want    Pod
		err     string
	}{
		"is one that the operator made": {
			cluster: clusterOf(pod(t, "a")),
			want:    Pod{Namespace: "sales", Name: "a", Port: 8080},
		},
		"is the first by name, however they are listed": {
			cluster: reversed(clusterOf(pod(t, "a"), pod(t, "b"), pod(t, "c"))),
			want:    Pod{Namespace: "sales", Name: "a", Port: 8080},
		},
		"is none that takes no events": {
			cluster: clusterOf(pod(t, "a", unready), pod(t, "b", starting), pod(t, "c", failed), pod(t, "d", ending), pod(t, "e")),
			want:    Pod{Namespace: "sales", Name: "e", Port: 8080},
		},
		"is none of another resource or namespace": {
			cluster: clusterOf(pod(t, "a", ofAnother), pod(t, "b", elsewhere), pod(t, "c")),
			want:    Pod{Namespace: "sales", Name: "c", Port: 8080},
		},
		"is reached on the port that faces SuperOffice, whatever its number": {
			cluster: clusterOf(pod(t, "a", func(p *corev1.Pod) {
				p.Spec.Containers = append([]corev1.Container{{Name: "sidecar", Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 1}}}},
					p.Spec.Containers...)
				for i := range p.Spec.Containers[1].Ports {
					p.Spec.Containers[1].Ports[i].ContainerPort += 1000
				}
			})),
			want: Pod{Namespace: "sales", Name: "a", Port: 9080},
		},
		"speaks TLS where its port says so": {
			cluster: clusterOf(pod(t, "a", func(p *corev1.Pod) { p.Spec.Containers[0].Ports[0].Name = "https" })),
			want:    Pod{Namespace: "sales", Name: "a", Port: 8080, TLS: true},
		},
		"is missing where there are none": {
			cluster: clusterOf(pod(t, "a", ofAnother), pod(t, "b", elsewhere)),
			err:     "none of the 0" + none,
		},
		"is missing where none takes events": {
			cluster: clusterOf(pod(t, "a", unready), pod(t, "b", ending)),
			err:     "none of the 2" + none,
		},
		"is no help without the port": {
			cluster: clusterOf(pod(t, "a", func(p *corev1.Pod) { p.Spec.Containers[0].Ports = nil })),
			err:     `the pod sales/a has no port named http or https`,
		},
		"must not be looked for": {
			cluster: failing(forbidden("pods")),
			err:     `list the receiver pods of SuperOfficeWebhook sales/crm: pods "crm" is forbidden: no`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadyPod(t.Context(), test.cluster, webhook())
			if text(err) != test.err {
				t.Fatalf("the error is %q, want %q", text(err), test.err)
			}
			if diff := cmp.Diff(test.want, got); err == nil && diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRunningPods(t *testing.T) {
	t.Parallel()
	const none = " receiver pods of SuperOfficeWebhook sales/crm runs; see: " +
		"kubectl get pods -n sales -l webhooks.superoffice.dev/webhook=crm"
	unready := func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse }
	starting := func(p *corev1.Pod) { p.Status.Phase, p.Status.Conditions = corev1.PodPending, nil }
	failed := func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }
	ending := func(p *corev1.Pod) {
		now := metav1.Now()
		p.DeletionTimestamp, p.Finalizers = &now, []string{"example.com/slow"}
	}
	ofAnother := func(p *corev1.Pod) { p.Labels[podLabel] = "crm2" }
	for name, test := range map[string]struct {
		cluster client.Client
		want    []Pod
		err     string
	}{
		"are all that run, ready or not, by name": {
			cluster: reversed(clusterOf(pod(t, "a"), pod(t, "b", unready), pod(t, "c"))),
			want:    []Pod{{Namespace: "sales", Name: "a", Port: 8081}, {Namespace: "sales", Name: "b", Port: 8081}, {Namespace: "sales", Name: "c", Port: 8081}},
		},
		"are none that have no queue, and none of another resource": {
			cluster: clusterOf(pod(t, "a", starting), pod(t, "b", failed), pod(t, "c", ending), pod(t, "d", ofAnother), pod(t, "e")),
			want:    []Pod{{Namespace: "sales", Name: "e", Port: 8081}},
		},
		"are missing where none runs": {
			cluster: clusterOf(pod(t, "a", starting), pod(t, "b", ending)),
			err:     "none of the 2" + none,
		},
		"are no help without the port": {
			cluster: clusterOf(pod(t, "a", func(p *corev1.Pod) { p.Spec.Containers[0].Ports = nil })),
			err:     `the pod sales/a has no port named admin`,
		},
		"must not be looked for": {
			cluster: failing(forbidden("pods")),
			err:     `list the receiver pods of SuperOfficeWebhook sales/crm: pods "crm" is forbidden: no`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := RunningPods(t.Context(), test.cluster, webhook())
			if text(err) != test.err {
				t.Fatalf("the error is %q, want %q", text(err), test.err)
			}
			if diff := cmp.Diff(test.want, got); err == nil && diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
