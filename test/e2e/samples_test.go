// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"

	core "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// notReady are the samples that need what a cluster of tests has not got, with what their condition Ready says then.
var notReady = map[string]struct{ reason, why string }{
	"jetstream":       {v1alpha1.ReasonReceiversStarting, "there is no NATS at nats-0.nats.messaging"},
	"pod-template":    {v1alpha1.ReasonReceiversStarting, "there is no priority class high, no pool edge and no image log-shipper"},
	"sink-references": {v1alpha1.ReasonSinkKindNotServed, "there is no Knative"},
}

// samples applies all of config/samples at once, as kustomization.yaml there says, with what they ask their reader for.
func samples(t *testing.T) {
	s := newScene(t)
	provideVolume(t, s)
	for _, name := range []string{"hooks-certificate", "receiver-certificate"} {
		pair := stage.authority.Issue(t, "hooks.example.com")
		s.create(t, &core.Secret{
			ObjectMeta: meta.ObjectMeta{Name: name, Namespace: s.namespace},
			Type:       core.SecretTypeTLS,
			StringData: map[string]string{core.TLSCertKey: pair.Certificate, core.TLSPrivateKeyKey: pair.Key, "ca.crt": stage.authority.PEM()},
		})
	}
	s.create(t, &core.Service{
		ObjectMeta: meta.ObjectMeta{Name: "indexer", Namespace: s.namespace},
		Spec:       core.ServiceSpec{Selector: map[string]string{"app": "sink"}, Ports: []core.ServicePort{{Name: "http", Port: 80}}},
	})
	kubectl(t, "apply", "--server-side", "--kustomize=config/samples", "--namespace="+s.namespace)
	var ready []string
	await(t, "the samples to be ready, but for those that can't be", func(ctx context.Context) (err error) {
		ready, err = s.readySamples(ctx)
		return err
	})
	note(t, "%d samples are ready: %v", len(ready), ready)
	for name, n := range notReady {
		note(t, "%s is not (%s): %s", name, n.reason, n.why)
	}
}

// readySamples fails while one is not as it should be.
func (s scene) readySamples(ctx context.Context) (ready []string, err error) {
	var list v1alpha1.SuperOfficeWebhookList
	if err := stage.client.List(ctx, &list, client.InNamespace(s.namespace)); err != nil {
		return nil, err
	}
	waiting := 0
	for _, w := range list.Items {
		c := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReady)
		if c == nil {
			return nil, fmt.Errorf("%s has no condition Ready", w.Name)
		}
		if c.Status == meta.ConditionTrue {
			ready = append(ready, w.Name)
			continue
		}
		if want, ok := notReady[w.Name]; !ok || c.Reason != want.reason {
			return nil, fmt.Errorf("%s: %s: %s", w.Name, c.Reason, c.Message)
		}
		waiting++
	}
	if waiting != len(notReady) {
		return nil, fmt.Errorf("%v are ready, and %d should not be", ready, len(notReady))
	}
	slices.Sort(ready)
	return ready, nil
}
