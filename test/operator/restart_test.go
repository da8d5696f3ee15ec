// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestOperatorThatWasStoppedMidway ends an operator after each of its writes, and has another one go on. It runs alone.
func TestOperatorThatWasStoppedMidway(t *testing.T) {
	var webhooks []*v1alpha1.SuperOfficeWebhook
	withoutOperator(t, func() {
		for writes := range len(receiverObjects("", "")) + 1 {
			ns := newNamespace(t)
			create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
			webhook := newWebhook(ns, nowhere())
			create(t, webhook)
			webhooks = append(webhooks, webhook)
			operateUntil(t, ns, writes)
			made := 0
			for _, o := range receiverObjects(ns, webhook.Name) {
				if find(t, o) {
					made++
				}
			}
			if made != writes {
				t.Fatalf("%d objects were made, want %d", made, writes)
			}
		}
	})
	var uninterrupted map[string]any
	for writes, webhook := range webhooks {
		awaitReady(t, webhook)
		outcome := contents(t, webhook)
		if writes == 0 {
			uninterrupted = outcome
		}
		if difference := cmp.Diff(uninterrupted, outcome); difference != "" {
			t.Errorf("stopped after %d writes, it came out different (-never stopped +stopped):\n%s", writes, difference)
		}
	}
}

// operateUntil runs an operator for one namespace until it has written so many objects.
func operateUntil(t *testing.T, namespace string, writes int) {
	t.Helper()
	if writes == 0 {
		return
	}
	m := &mortal{left: writes, reached: make(chan struct{})}
	o, err := startOperator(operatorOptions{namespaces: []string{namespace}, wrap: func(c client.Client) client.Client {
		m.Client = c
		return m
	}})
	if err != nil {
		t.Fatalf("start an operator: %v", err)
	}
	select {
	case <-m.reached:
	case <-time.After(patience):
		t.Errorf("the operator did not write %d objects within %s", writes, patience)
	}
	if err := o.stop(); err != nil {
		t.Fatalf("stop an operator: %v", err)
	}
}

// mortal is a client that does not come back from the write after the last one.
type mortal struct {
	client.Client
	left    int
	reached chan struct{}
}

func (m *mortal) Apply(ctx context.Context, object runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
	if m.left == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := m.Client.Apply(ctx, object, opts...); err != nil {
		return err
	}
	if m.left--; m.left == 0 {
		close(m.reached)
	}
	return nil
}

// contents is what the objects of a resource say, without what differs from one to the next in any case.
func contents(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, o := range readObjects(t, webhook) {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
		if err != nil {
			t.Fatal(err)
		}
		delete(content, "metadata")
		delete(content, "status")
		if spec, ok := content["spec"].(map[string]any); ok {
			delete(spec, "clusterIP")
			delete(spec, "clusterIPs")
		}
		if data, ok := content["data"].(map[string]any); ok { // the configuration names the Service by its namespace
			for key, text := range data {
				data[key] = strings.ReplaceAll(fmt.Sprint(text), webhook.Namespace, "NAMESPACE")
			}
		}
		all[kindOf(t, o)] = map[string]any{"labels": o.GetLabels(), "content": content}
	}
	for _, c := range webhook.Status.Conditions {
		all["condition "+c.Type] = fmt.Sprintf("%s, %s: %s", c.Status, c.Reason, c.Message)
	}
	return all
}

// TestReceiversWorkOnWithoutAnOperator runs alone, too.
func TestReceiversWorkOnWithoutAnOperator(t *testing.T) {
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp, bi := newSink(t), newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	intake := intakeOf(t, theReceiver(t, webhook))

	withoutOperator(t, func() {
		erp.awaitArrival(t, postAll(t, intake, shared, 2))
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
			w.Spec.Sinks = append(w.Spec.Sinks, to("bi", bi.URL))
		})
		wantKstatus(t, webhook, status.InProgressStatus)
	})
	awaitReady(t, webhook)
	wantKstatus(t, webhook, status.CurrentStatus)
	bi.awaitArrival(t, postAll(t, intake, shared, 1))
}
