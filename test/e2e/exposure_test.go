// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

const (
	outsidePath = "/superoffice/crm"
	// certificateSecret has the certificate that whoever is in front of the receivers shows.
	certificateSecret = "hooks-tls" // #nosec G101 -- a name
)

// throughIngress posts events through an Ingress, where the cluster has somebody who makes it work.
func throughIngress(t *testing.T) {
	class := ingressClass(t)
	s := newScene(t)
	s.certify(t)
	w := s.newWebhook(t, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Exposure = v1alpha1.Exposure{
			Path:    outsidePath,
			Ingress: &v1alpha1.IngressExposure{Host: v1alpha1.Hostname(s.host()), ClassName: &class, TLSSecretName: certificateSecret},
			Probe:   &v1alpha1.Probe{Interval: "10s"},
		}
	})
	ingress := &networking.Ingress{}
	await(t, "the Ingress to have an address", func(ctx context.Context) error {
		if err := stage.client.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: render.Name(w)}, ingress); err != nil {
			return err
		}
		if len(ingress.Status.LoadBalancer.Ingress) == 0 {
			return errors.New("it has none")
		}
		return nil
	})
	at := ingress.Status.LoadBalancer.Ingress[0]
	s.pointHost(t, at.IP, at.Hostname)
	s.postFromOutside(t, w, "an Ingress of class "+class)
}

// ingressClass is the cluster's default, or else any.
func ingressClass(t *testing.T) string {
	t.Helper()
	var classes networking.IngressClassList
	if err := stage.client.List(t.Context(), &classes); err != nil {
		t.Fatal(err)
	}
	if len(classes.Items) == 0 {
		skip(t, "no Ingress: the cluster has no IngressClass")
	}
	for _, c := range classes.Items {
		if c.Annotations[networking.AnnotationIsDefaultIngressClass] == "true" {
			return c.Name
		}
	}
	return classes.Items[0].Name
}

// throughGateway posts events through a Gateway, where the cluster has somebody who makes it work.
func throughGateway(t *testing.T) {
	class := gatewayClass(t)
	s := newScene(t)
	s.certify(t)
	host := gateway.Hostname(s.host())
	g := &gateway.Gateway{
		ObjectMeta: meta.ObjectMeta{Name: "public", Namespace: s.namespace},
		Spec: gateway.GatewaySpec{GatewayClassName: gateway.ObjectName(class), Listeners: []gateway.Listener{{
			Name: "https", Port: 443, Protocol: gateway.HTTPSProtocolType, Hostname: &host,
			TLS: &gateway.ListenerTLSConfig{CertificateRefs: []gateway.SecretObjectReference{{Name: certificateSecret}}},
		}}},
	}
	s.create(t, g)
	await(t, "the Gateway to have an address", func(ctx context.Context) error {
		if err := stage.client.Get(ctx, client.ObjectKeyFromObject(g), g); err != nil {
			return err
		}
		if len(g.Status.Addresses) == 0 || !apimeta.IsStatusConditionTrue(g.Status.Conditions, string(gateway.GatewayConditionProgrammed)) {
			return fmt.Errorf("%+v", g.Status)
		}
		return nil
	})
	at := g.Status.Addresses[0]
	if at.Type != nil && *at.Type == gateway.HostnameAddressType {
		s.pointHost(t, "", at.Value)
	} else {
		s.pointHost(t, at.Value, "")
	}
	w := s.newWebhook(t, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Exposure = v1alpha1.Exposure{
			Path: outsidePath,
			Gateway: &v1alpha1.GatewayExposure{
				ParentRefs: []v1alpha1.GatewayReference{{Name: g.Name, SectionName: "https"}},
				Hostnames:  []v1alpha1.Hostname{v1alpha1.Hostname(host)},
			},
			Probe: &v1alpha1.Probe{Interval: "10s"},
		}
	})
	s.postFromOutside(t, w, "an HTTPRoute at a Gateway of class "+class)
}

// gatewayClass is any that a controller has accepted.
func gatewayClass(t *testing.T) string {
	t.Helper()
	var classes gateway.GatewayClassList
	if err := stage.client.List(t.Context(), &classes); apimeta.IsNoMatchError(err) {
		skip(t, "no Gateway: the cluster does not serve the Gateway API")
	} else if err != nil {
		t.Fatal(err)
	}
	for _, c := range classes.Items {
		if apimeta.IsStatusConditionTrue(c.Status.Conditions, string(gateway.GatewayClassConditionStatusAccepted)) {
			return c.Name
		}
	}
	skip(t, "no Gateway: the cluster has no GatewayClass that a controller accepted")
	return ""
}

// host is by what name the scene is reached from outside. It is one of the cluster's DNS, since tests can't write to any other.
func (s scene) host() string { return "hooks." + s.namespace + ".svc" }

// certify makes the certificate for the host.
func (s scene) certify(t *testing.T) {
	t.Helper()
	pair := stage.authority.Issue(t, s.host())
	s.create(t, &core.Secret{
		ObjectMeta: meta.ObjectMeta{Name: certificateSecret, Namespace: s.namespace},
		Type:       core.SecretTypeTLS,
		StringData: map[string]string{core.TLSCertKey: pair.Certificate, core.TLSPrivateKeyKey: pair.Key},
	})
}

// postFromOutside waits until the way is said to be there, and goes it.
func (s scene) postFromOutside(t *testing.T, w *v1alpha1.SuperOfficeWebhook, way string) {
	t.Helper()
	awaitCondition(t, w, v1alpha1.ConditionExposed, v1alpha1.ReasonExposed)
	awaitCondition(t, w, v1alpha1.ConditionReachable, v1alpha1.ReasonAnswered)
	if want := "https://" + s.host() + outsidePath; w.Status.Address.URL != want {
		t.Errorf("status.address.url is %s, want %s", w.Status.Address.URL, want)
	}
	before := awaitReceivers(t, w, 2)
	s.startLoad(t, w.Status.Address.URL, 20)
	s.awaitPosts(t, 100)
	for _, p := range before { // Exposed means reached while receivers are replaced, too
		deletePod(t, p, false)
		awaitReceivers(t, w, 2, p)
	}
	awaitGone(t, before...)
	s.awaitPosts(t, 50)
	r := s.stopLoad(t)
	wantAllAnswered(t, r)
	repeated := s.awaitArrival(t, r)
	note(t, "%d events by https through %s, while both receivers were replaced: all answered 200 (slowest %s), exactly these arrived, %d twice; "+
		"Exposed and Reachable said so", len(r.Acknowledged), way, rounded(r.Slowest), repeated)
}
