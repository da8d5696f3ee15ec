// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
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
