// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	rbac "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// by is a sink by reference.
func by(name string, ref v1alpha1.TargetReference) v1alpha1.Sink {
	s := to(name, "")
	s.HTTP.Ref = &ref
	return s
}

// kindOfTargets makes a kind known to the cluster whose objects tell their URL, unless it is known already.
type kindOfTargets struct{ group, kind, plural string }

func (k kindOfTargets) ref(name string) v1alpha1.TargetReference {
	return v1alpha1.TargetReference{APIVersion: k.group + "/v1", Kind: k.kind, Name: name}
}

func (k kindOfTargets) object(namespace, name, url string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": k.group + "/v1", "kind": k.kind}}
	o.SetNamespace(namespace)
	o.SetName(name)
	if url != "" {
		tellURL(o, url)
	}
	return o
}

// install makes the kind known, without the right to read it.
func (k kindOfTargets) install(t *testing.T) {
	t.Helper()
	definition := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": k.plural + "." + k.group},
		"spec": map[string]any{
			"group": k.group, "scope": "Namespaced",
			"names": map[string]any{"kind": k.kind, "plural": k.plural},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}}
	create(t, definition)
	t.Cleanup(func() { cleanUp(t, definition) })
	await(t, "the kind to be served", func(ctx context.Context) (any, bool) {
		err := stage.client.Create(ctx, k.object("default", "try", ""), client.DryRunAll)
		return err, err == nil
	})
}

// grant gives the operator the right to read the kind, as config/rbac/addressables.yaml says.
func (k kindOfTargets) grant(t *testing.T) {
	t.Helper()
	role := &rbac.ClusterRole{
		ObjectMeta: meta.ObjectMeta{Name: k.plural + "-addressable", Labels: map[string]string{"webhooks.superoffice.dev/addressable": "true"}},
		Rules:      []rbac.PolicyRule{{APIGroups: []string{k.group}, Resources: []string{k.plural}, Verbs: []string{"get", "list", "watch"}}},
	}
	create(t, role)
	t.Cleanup(func() { cleanUp(t, role) })
}

func cleanUp(t *testing.T, object client.Object) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := stage.client.Delete(ctx, object); err != nil && !apierrors.IsNotFound(err) {
		t.Errorf("delete: %v", err)
	}
}

// tellURL has an object tell its URL.
func tellURL(o *unstructured.Unstructured, url string) {
	_ = unstructured.SetNestedField(o.Object, url, "status", "address", "url") // can't fail: they are maps
}

// TestTargetThatComesChangesAndGoes begins with a resource whose sink refers to an object of a kind that does not exist, and
// brings what it lacks bit by bit. Its events wait meanwhile; those of the other sink do not.
func TestTargetThatComesChangesAndGoes(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	kind := kindOfTargets{"late.example.com", "Endpoint", "endpoints"}
	first, second, other := newSink(t), newSink(t), newSink(t)
	webhook := newWebhook(ns, by("erp", kind.ref("erp")), to("other", other.URL))
	create(t, webhook)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))

	awaitUnresolved(t, webhook, v1alpha1.ReasonSinkKindNotServed, "spec.sinks[0].http.ref: the cluster does not know the kind Endpoint of late.example.com/v1")
	awaitStatus(t, webhook, "a receiver", func(s v1alpha1.SuperOfficeWebhookStatus) bool { return s.ReadyReplicas == 1 })
	receiver := theReceiver(t, webhook)
	ids := postAll(t, intakeOf(t, receiver), shared, 3)
	other.awaitArrival(t, ids)

	kind.install(t)
	awaitUnresolved(t, webhook, v1alpha1.ReasonSinkForbidden, `the operator has no right to read Endpoint "erp"`)
	kind.grant(t)
	awaitUnresolved(t, webhook, v1alpha1.ReasonSinkNotFound, `Endpoint "erp" not found`)
	target := kind.object(ns, "erp", "")
	create(t, target)
	awaitUnresolved(t, webhook, v1alpha1.ReasonSinkNotAddressable, `Endpoint "erp" tells no URL in status.address.url`)
	awaitStatus(t, webhook, "what the sink waits for", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return len(s.Sinks) == 2 && s.Sinks[0].Pending == 3 && s.Sinks[0].State == v1alpha1.SinkFailing
	})
	change(t, target, func(o *unstructured.Unstructured) { tellURL(o, first.URL) })
	awaitReady(t, webhook)
	first.awaitArrival(t, ids)

	change(t, target, func(o *unstructured.Unstructured) { tellURL(o, second.URL) })
	await(t, "events to go where the target is now", func(context.Context) (any, bool) {
		id := postAll(t, intakeOf(t, receiver), shared, 1)
		other.awaitArrival(t, id)
		return second.count(), second.count() > 0
	})

	remove(t, target)
	awaitUnresolved(t, webhook, v1alpha1.ReasonSinkNotFound, `Endpoint "erp" not found`)
	awaitStatus(t, webhook, "the sink to wait", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return s.Sinks[0].LastError == `not tried: Endpoint "erp" not found`
	})
	kept := postAll(t, intakeOf(t, receiver), shared, 2)
	other.awaitArrival(t, kept)
	create(t, kind.object(ns, "erp", first.URL))
	awaitReady(t, webhook)
	first.awaitArrival(t, kept)
	if after := theReceiver(t, webhook); after.UID != receiver.UID {
		t.Error("the receiver was replaced")
	}
	var told []string
	for _, e := range eventsOf(t, webhook) {
		told = append(told, e.Reason)
	}
	wantContains(t, strings.Join(told, " "), "SinkKindNotServed", "SinkForbidden", "SinkNotFound", "SinkNotAddressable", "SinksResolved")
}

// awaitUnresolved waits for what a sink lacks to be told.
func awaitUnresolved(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, reason, message string) {
	t.Helper()
	awaitCondition(t, webhook, v1alpha1.ConditionSinksResolved, meta.ConditionFalse, reason)
	wantContains(t, condition(webhook, v1alpha1.ConditionSinksResolved).Message, message)
	if c := condition(webhook, v1alpha1.ConditionStalled); c.Type != "" {
		t.Errorf("somebody may be about to bring it, and yet\n%s", printed(c))
	}
}

// TestTargetsAreWatched has an operator that by itself looks but once in an hour. It runs alone.
func TestTargetsAreWatched(t *testing.T) {
	ns := newNamespace(t)
	kind := kindOfTargets{"watched.example.com", "Channel", "channels"}
	kind.install(t)
	kind.grant(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	awaitRight(t, kind)
	withoutOperator(t, func() {
		patient, err := startOperator(operatorOptions{interval: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := patient.stop(); err != nil {
				t.Errorf("stop the operator: %v", err)
			}
		}()
		webhook := newWebhook(ns, by("service", v1alpha1.TargetReference{Name: "erp"}), by("channel", kind.ref("crm")))
		create(t, webhook)
		for range 2 { // it comes, goes and comes again
			awaitMessage(t, webhook, `spec.sinks[0].http.ref: Service "erp" not found; spec.sinks[1].http.ref: Channel "crm" not found`)
			service := &core.Service{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "erp"}, Spec: core.ServiceSpec{Ports: []core.ServicePort{{Port: 8080}}}}
			create(t, service)
			awaitMessage(t, webhook, `spec.sinks[1].http.ref: Channel "crm" not found`)
			channel := kind.object(ns, "crm", "http://192.0.2.1/")
			create(t, channel)
			awaitCondition(t, webhook, v1alpha1.ConditionSinksResolved, meta.ConditionTrue, v1alpha1.ReasonResolved)
			change(t, service, func(s *core.Service) {
				s.Spec.Ports = []core.ServicePort{{Name: "a", Port: 80}, {Name: "b", Port: 81}}
			})
			awaitUnresolved(t, webhook, v1alpha1.ReasonSinkNotAddressable, `Service "erp" has several ports`)
			remove(t, service)
			awaitMessage(t, webhook, `spec.sinks[0].http.ref: Service "erp" not found`)
			remove(t, channel)
		}
	})
}

func awaitMessage(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, message string) {
	t.Helper()
	awaitStatus(t, webhook, message, func(v1alpha1.SuperOfficeWebhookStatus) bool {
		return condition(webhook, v1alpha1.ConditionSinksResolved).Message == message
	})
}

// awaitRight waits until the operator may read a kind: the cluster adds the rules of labelled roles a moment later.
func awaitRight(t *testing.T, kind kindOfTargets) {
	t.Helper()
	await(t, "the right to read the kind", func(context.Context) (any, bool) {
		out := kubectlAnswer(t, "auth", "can-i", "list", fmt.Sprintf("%s.%s", kind.plural, kind.group), "--as="+identity, "--all-namespaces")
		return out, out == "yes\n"
	})
}

// kubectlAnswer is what a command says even when it fails, as it does for no.
func kubectlAnswer(t *testing.T, args ...string) string {
	t.Helper()
	out, _ := execute(t.Context(), args...)
	return out
}
