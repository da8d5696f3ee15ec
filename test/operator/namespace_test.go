// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// notInNames is what a namespace can't be called.
var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// newNamespace makes a namespace that lets only pods in that keep to the restricted pod security standard. A test that
// fails tells what was in it.
func newNamespace(t *testing.T) string {
	t.Helper()
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-"), "-")
	ns := &core.Namespace{ObjectMeta: meta.ObjectMeta{
		GenerateName: name[:min(len(name), 50)] + "-",
		Labels:       map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	create(t, ns)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if t.Failed() {
			tell(ctx, t, ns.Name)
		}
		if err := stage.client.Delete(ctx, ns); err != nil {
			t.Errorf("delete namespace: %v", err)
		}
	})
	return ns.Name
}

// tell tells all that may explain a failure. There is nothing secret in the tests' Secrets, but they are not needed.
func tell(ctx context.Context, t *testing.T, namespace string) {
	t.Helper()
	out, err := execute(ctx, "get", "superofficewebhooks,deployments,pods", "--namespace="+namespace, "--output=wide")
	t.Logf("%v\n%s", err, out)
	out, err = execute(ctx, "get", "superofficewebhooks", "--namespace="+namespace, "--output=yaml")
	t.Logf("%v\n%s", err, out)
	out, err = execute(ctx, "get", "events", "--namespace="+namespace)
	t.Logf("%v\n%s", err, out)
	for pod, log := range podLogs(ctx, t, namespace) {
		t.Logf("pod %s says:\n%s", pod, log)
	}
	t.Logf("the operator says:\n%s", strings.Join(operatorLog.lines(`"`+namespace+`"`), ""))
}

// podLogs are the logs of all pods of a namespace by the pod's name.
func podLogs(ctx context.Context, t *testing.T, namespace string) map[string]string {
	t.Helper()
	pods, err := stage.clients.CoreV1().Pods(namespace).List(ctx, meta.ListOptions{})
	if err != nil {
		t.Errorf("list pods: %v", err)
		return nil
	}
	logs := map[string]string{}
	for _, pod := range pods.Items {
		log, err := stage.clients.CoreV1().Pods(namespace).GetLogs(pod.Name, &core.PodLogOptions{}).DoRaw(ctx)
		if err != nil {
			log = []byte(err.Error())
		}
		logs[pod.Name] = string(log)
	}
	return logs
}

func create(t *testing.T, object client.Object) {
	t.Helper()
	if err := stage.client.Create(t.Context(), object); err != nil {
		t.Fatalf("create: %v", err)
	}
}

// find reads an object again and tells whether there is one.
func find(t *testing.T, object client.Object) bool {
	t.Helper()
	err := stage.client.Get(t.Context(), client.ObjectKeyFromObject(object), object)
	if client.IgnoreNotFound(err) != nil {
		t.Fatalf("read: %v", err)
	}
	return !apierrors.IsNotFound(err)
}

// change changes an object by somebody's hand, whatever it was changed to meanwhile.
func change[O client.Object](t *testing.T, object O, edit func(O)) {
	t.Helper()
	await(t, "the change to be written", func(ctx context.Context) (any, bool) {
		err := stage.client.Get(ctx, client.ObjectKeyFromObject(object), object)
		if err == nil {
			edit(object)
			err = stage.client.Update(ctx, object, client.FieldOwner("somebody"))
		}
		if err != nil && !apierrors.IsConflict(err) {
			t.Fatalf("change: %v", err)
		}
		return err, err == nil
	})
}

func remove(t *testing.T, object client.Object, opts ...client.DeleteOption) {
	t.Helper()
	if err := stage.client.Delete(t.Context(), object, opts...); err != nil {
		t.Fatalf("delete: %v", err)
	}
}

// awaitGone waits until there is none of the objects any more.
func awaitGone(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		await(t, fmt.Sprintf("the end of %T %s", o, o.GetName()), func(context.Context) (any, bool) {
			there := find(t, o)
			return o, !there
		})
	}
}

// newSecret makes a Secret; no keys are given where it is to have none.
func newSecret(namespace, name string, values map[string]string) *core.Secret {
	return &core.Secret{ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: name}, StringData: values}
}

// eventsOf are the events about a resource that the operator has sent.
func eventsOf(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) []eventsv1.Event {
	t.Helper()
	var list eventsv1.EventList
	if err := stage.client.List(t.Context(), &list, client.InNamespace(webhook.Namespace)); err != nil {
		t.Fatalf("list events: %v", err)
	}
	var about []eventsv1.Event
	for _, e := range list.Items {
		if e.Regarding.Kind == "SuperOfficeWebhook" && e.Regarding.Name == webhook.Name {
			about = append(about, e)
		}
	}
	return about
}
