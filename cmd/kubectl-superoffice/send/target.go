// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/url"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// target is where to post to.
type target struct {
	name  string      // for people
	tls   *tls.Config // nil: the certificate's names and issuer count
	url   string
	sign  func(body []byte) string
	close func() error
}

func (o *options) target(ctx context.Context, stderr io.Writer) (target, error) {
	var secret superoffice.Secret
	given := o.secret.Given() || o.forge
	if o.secret.Given() {
		var err error
		if secret, err = o.givenSecret(stderr); err != nil {
			return target{}, err
		}
	}
	if o.forge {
		secret = forged()
	}
	if o.url == "" {
		return o.resourceTarget(ctx, secret, given)
	}
	u, err := url.Parse(o.url)
	if err != nil {
		return target{}, fmt.Errorf("--url: %w", resource.WithoutURL(err))
	}
	return target{
		name:  (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), // the rest may be secret
		url:   o.url,
		sign:  signer(secret),
		close: func() error { return nil },
	}, nil
}

// resourceTarget finds a receiver of the SuperOfficeWebhook and tunnels to it.
func (o *options) resourceTarget(ctx context.Context, secret superoffice.Secret, given bool) (target, error) {
	cluster, err := o.access.Connect()
	if err != nil {
		return target{}, err
	}
	name := client.ObjectKey{Namespace: cluster.Namespace, Name: o.resource}
	webhook, err := resource.Get(ctx, cluster.Client, name)
	if err != nil {
		return target{}, err
	}
	if !given {
		if secret, err = resource.Secret(ctx, cluster.Client, webhook); err != nil {
			return target{}, err
		}
	}
	pod, err := resource.ReadyPod(ctx, cluster.Client, webhook)
	if err != nil {
		return target{}, err
	}
	tunnel, err := resource.OpenTunnel(ctx, cluster.Config, pod)
	if err != nil {
		return target{}, err
	}
	return target{
		name:  fmt.Sprintf("%s of SuperOfficeWebhook %s (pod %s)", resource.Path(webhook), name, pod.Name),
		tls:   tunnel.TLS(),
		url:   tunnel.URL(webhook).String(),
		sign:  signer(secret),
		close: tunnel.Close,
	}, nil
}

func signer(secret superoffice.Secret) func([]byte) string {
	return func(body []byte) string { return superoffice.Sign(secret, body) }
}
