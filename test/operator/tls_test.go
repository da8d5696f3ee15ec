// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/certificate"
)

// TestTLS is the life of a certificate of intake: it is missing, comes, is renewed, is spoilt and is put right.
func TestTLS(t *testing.T) {
	t.Parallel()
	const name = "hooks.example.com"
	ns, authority := newNamespace(t), certificate.NewAuthority(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	webhook.Spec.Exposure.TLS = &v1alpha1.ExposureTLS{SecretName: "hooks"}
	create(t, webhook)
	awaitCondition(t, webhook, v1alpha1.ConditionCertificateResolved, meta.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if got := condition(webhook, v1alpha1.ConditionReady); got.Status != meta.ConditionFalse || got.Reason != v1alpha1.ReasonSecretNotFound {
		t.Errorf("Ready is\n%s", printed(got))
	}

	first := authority.Issue(t, name)
	secret := newSecret(ns, "hooks", map[string]string{"tls.crt": first.Certificate, "tls.key": first.Key})
	secret.Type = core.SecretTypeTLS
	create(t, secret)
	awaitReady(t, webhook)
	if got, want := webhook.Status.Address.URL, "https://crm-receiver."+ns+".svc/webhook"; got != want {
		t.Errorf("address %s, want %s", got, want)
	}
	for _, o := range readObjects(t, webhook) {
		if service, is := o.(*core.Service); is {
			port := service.Spec.Ports[0]
			got := []any{len(service.Spec.Ports), port.Name, port.Port, ptr.Deref(port.AppProtocol, ""), port.TargetPort.String()}
			if diff := cmp.Diff([]any{1, "https", int32(443), "https", "https"}, got); diff != "" {
				t.Errorf("the Service (-want +got)\n%s", diff)
			}
		}
	}

	pod := theReceiver(t, webhook)
	url := strings.Replace(intakeOf(t, pod), "http:", "https:", 1)
	// posts returns the certificate that a new connection is shown, on which an event was accepted.
	posts := func(ctx context.Context) (serial string, err error) {
		transport := &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: authority.Pool(), ServerName: name,
			VerifyConnection: func(s tls.ConnectionState) error {
				serial = s.PeerCertificates[0].SerialNumber.String()
				return nil
			},
		}}
		defer transport.CloseIdleConnections()
		_, event := newEvent(t, superoffice.ActivityCreated)
		code, err := post(ctx, &http.Client{Transport: transport}, url, shared, event)
		if err == nil && code != http.StatusOK {
			t.Errorf("answered %d", code)
		}
		return serial, err
	}
	awaitShown := func(pair certificate.Pair) {
		t.Helper()
		want := pair.TLS(t).Leaf.SerialNumber.String()
		await(t, "the certificate on new connections", func(ctx context.Context) (any, bool) {
			got, err := posts(ctx)
			if err != nil {
				return err, false
			}
			return got, got == want
		})
	}
	before := lives(receiversOf(t, webhook))
	awaitShown(first)
	second := authority.Issue(t, name)
	change(t, secret, func(s *core.Secret) {
		s.Data = map[string][]byte{"tls.crt": []byte(second.Certificate), "tls.key": []byte(second.Key)}
	})
	awaitShown(second)
	change(t, secret, func(s *core.Secret) { s.Data["tls.crt"] = []byte(first.Certificate) })
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonConfigRejected)
	if got := condition(webhook, v1alpha1.ConditionReady).Message; !strings.Contains(got, "are a certificate and the key of another one") {
		t.Errorf("Ready says %s", got)
	}
	awaitShown(second)
	third := authority.Issue(t, name)
	change(t, secret, func(s *core.Secret) {
		s.Data = map[string][]byte{"tls.crt": []byte(third.Certificate), "tls.key": []byte(third.Key)}
	})
	awaitShown(third)
	awaitReady(t, webhook)
	if diff := cmp.Diff(before, lives(receiversOf(t, webhook))); diff != "" {
		t.Errorf("receivers were replaced or started again (-before +after)\n%s", diff)
	}
}

// TestEntranceFollowsReceivers switches TLS on and off. The Service, and the Ingress in front, lead to receivers that speak what
// they speak at any time, also while the certificate is missing.
func TestEntranceFollowsReceivers(t *testing.T) {
	t.Parallel()
	const name = "hooks.example.com"
	protocol := v1alpha1.Annotations{"example.com/backend-protocol": "HTTPS"}
	webhook := newExposed(t, v1alpha1.Exposure{Ingress: &v1alpha1.IngressExposure{Host: name}})
	awaitReady(t, webhook)
	versions := record[*core.Service](t, webhook.Namespace, &core.ServiceList{})

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Exposure.TLS, w.Spec.Exposure.Ingress.Annotations = &v1alpha1.ExposureTLS{SecretName: "hooks"}, protocol
	})
	awaitCondition(t, webhook, v1alpha1.ConditionCertificateResolved, meta.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if got, want := condition(webhook, v1alpha1.ConditionCertificateResolved).Message, `spec.exposure.tls.secretName: Secret "hooks" not found`; got != want {
		t.Errorf("CertificateResolved says %s, want %s", got, want)
	}
	await(t, "a receiver that waits for the certificate", func(context.Context) (any, bool) {
		pods := receiversOf(t, webhook)
		return pods, len(pods) == 2
	})
	awaitRounds(t, webhook, 3)
	wantEntrance(t, webhook, "http", 80)
	if !find(t, webhook) {
		t.Fatal("it is gone")
	}
	wantContains(t, condition(webhook, v1alpha1.ConditionExposed).Message, `Service "crm-receiver", and what leads to it, change from http to https once all receivers speak https`)

	pair := certificate.NewAuthority(t).Issue(t, name)
	create(t, newSecret(webhook.Namespace, "hooks", map[string]string{"tls.crt": pair.Certificate, "tls.key": pair.Key}))
	awaitEntrance(t, webhook, "https")
	awaitReady(t, webhook)
	wantEntrance(t, webhook, "https", 443)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Exposure.TLS, w.Spec.Exposure.Ingress.Annotations = nil, nil
	})
	awaitEntrance(t, webhook, "http")
	awaitReady(t, webhook)
	wantEntrance(t, webhook, "http", 80)

	var course []string
	for _, s := range versions.all(t, objectOf(t, webhook, "Service").(*core.Service)) {
		if entrance := s.Spec.Ports[0].Name; len(course) == 0 || course[len(course)-1] != entrance {
			course = append(course, entrance)
		}
	}
	if diff := cmp.Diff([]string{"http", "https", "http"}, course); diff != "" {
		t.Errorf("the Service led to (-want +got)\n%s", diff)
	}
}

// awaitEntrance waits until the Service leads to another entrance. As soon as it does, all receivers have it.
func awaitEntrance(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, scheme string) {
	t.Helper()
	await(t, "the Service to lead to "+scheme, func(context.Context) (any, bool) {
		ports := objectOf(t, webhook, "Service").(*core.Service).Spec.Ports
		return ports, ports[0].Name == scheme
	})
	for _, pod := range receiversOf(t, webhook) {
		if !has(pod, scheme) || !observe.IsReady(&pod) {
			t.Errorf("the Service leads to %s, and not to\n%s", scheme, printed(pod))
		}
	}
}

// wantEntrance looks whether Service and Ingress lead to an entrance that a receiver which is ready has.
func wantEntrance(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, scheme string, number int32) {
	t.Helper()
	ports := objectOf(t, webhook, "Service").(*core.Service).Spec.Ports
	if len(ports) != 1 || ports[0].Name != scheme || ports[0].Port != number || ports[0].TargetPort.String() != scheme {
		t.Errorf("the Service has the ports\n%s", printed(ports))
	}
	ingress := &networking.Ingress{ObjectMeta: meta.ObjectMeta{Namespace: webhook.Namespace, Name: "crm-receiver"}}
	if !find(t, ingress) || ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Port.Number != number {
		t.Errorf("the Ingress is\n%s", printed(ingress.Spec))
	}
	if encrypted := ingress.Annotations["example.com/backend-protocol"] == "HTTPS"; encrypted != (scheme == "https") {
		t.Errorf("the annotations of the Ingress are %v", ingress.Annotations)
	}
	if !slices.ContainsFunc(receiversOf(t, webhook), func(p core.Pod) bool { return has(p, scheme) && observe.IsReady(&p) }) {
		t.Errorf("the Service leads nowhere: the receivers are\n%s", printed(receiversOf(t, webhook)))
	}
}

// has tells whether a receiver has an entrance.
func has(pod core.Pod, scheme string) bool { return pod.Spec.Containers[0].Ports[0].Name == scheme }
