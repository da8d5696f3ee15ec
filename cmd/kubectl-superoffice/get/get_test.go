// SPDX-License-Identifier: Apache-2.0

package get

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/test/golden"
)

var now = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

func ago(d time.Duration) *metav1.Time { return &metav1.Time{Time: now.Add(-d)} }

func ready(status metav1.ConditionStatus, reason, message string) []metav1.Condition {
	return []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message}}
}

// fleet is one resource for each thing that can be told.
func fleet() []row {
	var rows []row
	add := func(namespace, name string, change func(*v1alpha1.SuperOfficeWebhook)) {
		w := &v1alpha1.SuperOfficeWebhook{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Generation: 3}}
		w.Status = v1alpha1.SuperOfficeWebhookStatus{
			ObservedGeneration: 3, Replicas: 2, ReadyReplicas: 2, Address: &v1alpha1.Address{URL: "http://" + name + "-receiver." + namespace + ".svc/webhook"},
			Conditions: ready(metav1.ConditionTrue, v1alpha1.ReasonAccepting, "2 of 2 receivers accept events"),
			Delivery:   &v1alpha1.DeliveryStatus{LastReceivedTime: ago(3 * time.Second)},
		}
		change(w)
		rows = append(rows, rowOf(w, now))
	}
	add("sales", "crm", func(*v1alpha1.SuperOfficeWebhook) {})
	add("sales", "behind", func(w *v1alpha1.SuperOfficeWebhook) {
		w.Status.Delivery = &v1alpha1.DeliveryStatus{Pending: 1234, OldestPendingTime: ago(90 * time.Minute), DeadLettered: 7, LastReceivedTime: ago(26 * time.Hour)}
		w.Status.Sinks = []v1alpha1.SinkStatus{{Name: "erp", State: v1alpha1.SinkFailing, LastError: "refused"}, {Name: "bi", State: v1alpha1.SinkDelivering}}
	})
	add("support", "paused", func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = true })
	add("support", "no-secret", func(w *v1alpha1.SuperOfficeWebhook) {
		w.Status.ReadyReplicas, w.Status.Delivery = 0, nil
		w.Status.Conditions = ready(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound, `spec.secret: Secret "x" not found`)
	})
	add("support", "changed", func(w *v1alpha1.SuperOfficeWebhook) { w.Generation = 4 })
	add("support", "new", func(w *v1alpha1.SuperOfficeWebhook) {
		w.Status = v1alpha1.SuperOfficeWebhookStatus{ObservedGeneration: -1}
	})
	return rows
}

func TestTable(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]options{
		"table.txt": {},
		"all.txt":   {all: true},
		"wide.txt":  {output: output.Wide},
		"rows.json": {output: output.JSON},
		"rows.yaml": {output: output.YAML},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := o.write(&got, fleet()); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", name), got.String())
		})
	}
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--all-namespaces and --namespace exclude each other":                          {"-A", "-n", "sales"},
		"names are of one namespace: leave out --all-namespaces":                       {"crm", "-A"},
		"name SuperOfficeWebhooks or give --selector, not both":                        {"crm", "-l", "a=b"},
		"--watch is for people: leave out --output":                                    {"-w", "-o", "json"},
		`invalid argument "xml" for "-o, --output" flag: must be wide or json or yaml`: {"-o", "xml"},
	} {
		cmd := NewCommand()
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(args)
		if err := cmd.ExecuteContext(t.Context()); err == nil || err.Error() != want {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}
