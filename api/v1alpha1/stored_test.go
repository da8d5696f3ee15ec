// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/test/golden"
)

func TestNewResource(t *testing.T) {
	needsServer(t)
	for name, text := range map[string]string{"minimal": minimal, "complete": complete} {
		t.Run("shows its defaults/"+name, func(t *testing.T) {
			o := read(t, text)
			create(t, o)
			for _, field := range []string{"uid", "resourceVersion", "creationTimestamp", "managedFields"} {
				unstructured.RemoveNestedField(o.Object, "metadata", field)
			}
			got, err := yaml.Marshal(o.Object)
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "testdata/"+name+".yaml", string(got))
		})
	}
	t.Run("is in progress until the operator has seen it", func(t *testing.T) {
		o := webhook(t)
		create(t, o)
		result, err := status.Compute(o)
		if err != nil || result.Status != status.InProgressStatus {
			t.Errorf("kstatus says %+v, %v", result, err)
		}
	})
}

// TestAnyShapeCanBecomeAnyOther, but that a queue on a volume stays there, and no other moves there.
func TestAnyShapeCanBecomeAnyOther(t *testing.T) {
	needsServer(t)
	shapes := samples(t)
	delete(shapes, "pool.yaml") // which stays what it is
	shapes["complete"] = read(t, complete)
	shapes["least"] = webhook(t)
	claims := func(o object) bool {
		_, found, err := unstructured.NestedMap(o.Object, "spec", "queue", "embedded", "persistentVolumeClaim")
		return found && err == nil
	}
	for before, from := range shapes {
		t.Run(before, func(t *testing.T) {
			o := webhook(t)
			o.Object["spec"] = from.Object["spec"]
			create(t, o)
			for after, to := range shapes {
				changed := o.DeepCopy()
				changed.Object["spec"] = to.Object["spec"]
				message := ""
				if claims(from) != claims(to) {
					message = claimStays
				}
				if err := server.Update(t.Context(), changed, client.DryRunAll, client.FieldValidation("Strict")); !says(err, message) {
					t.Errorf("to %s: got %v, want %q", after, err, message)
				}
			}
		})
	}
}

// Rules are checked on the whole resource, whoever wrote which part of it.
func TestSeveralWriters(t *testing.T) {
	needsServer(t)
	apply := func(t *testing.T, spec string) error {
		t.Helper()
		o := read(t, "{apiVersion: webhooks.superoffice.dev/v1alpha1, kind: SuperOfficeWebhook, metadata: {name: crm, namespace: sales}, spec: "+spec+"}")
		return server.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("second"), client.ForceOwnership)
	}
	if err := apply(t, "{sinks: [{name: kafka, delivery: {concurrency: 4}}]}"); !says(err, "spec.secret: Required value") {
		t.Errorf("a part of nothing: %v", err)
	}
	create(t, read(t, complete))
	for _, c := range []struct{ name, spec, message string }{
		{"limits a sink of somebody else", "{sinks: [{name: kafka, delivery: {rateLimit: {perSecond: 5}}}]}", ""},
		{"adds a sink", "{sinks: [{name: more, log: {}}]}", ""},
		{"adds half a sink", "{sinks: [{name: more, delivery: {concurrency: 4}}]}", "spec.sinks[8]: Invalid value: exactly one kind of sink must be set"},
		{"gives a sink one more kind", "{sinks: [{name: kafka, log: {}}]}", "spec.sinks[3]: Invalid value: exactly one kind of sink must be set"},
		{"adds a way to authenticate", "{sinks: [{name: basic, http: {auth: {bearer: " + source + "}}}]}", "spec.sinks[1].http.auth: Invalid value: exactly one of bearer, basic and oauth2ClientCredentials must be set"},
		{"takes the volume for several", "{receiver: {replicas: 2}}", "spec.receiver.replicas: must be 1 with spec.queue.embedded.persistentVolumeClaim"},
		{"gives up sooner than the queue lets go", "{queue: {retention: {maxAge: 71h}}}", "spec.sinks[].delivery.retry.maxAge (72h where it is not given): at most spec.queue.retention.maxAge"},
	} {
		t.Run("of whom one "+c.name, func(t *testing.T) {
			if err := apply(t, c.spec); !says(err, c.message) {
				t.Errorf("got  %v\nwant …%s…", err, c.message)
			}
		})
	}
}

// says tells whether an error has a message; the empty one means none.
func says(err error, message string) bool {
	if err == nil || message == "" {
		return err == nil && message == ""
	}
	return strings.Contains(err.Error(), message)
}

// create makes a resource until the test ends.
func create(t *testing.T, o object) {
	t.Helper()
	if err := server.Create(t.Context(), o, client.FieldValidation("Strict")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Delete(context.Background(), o); err != nil { // the test's own context has ended
			t.Error(err)
		}
	})
}

// samples are the documented shapes, by file.
func samples(t *testing.T) map[string]object {
	t.Helper()
	files, err := filepath.Glob("../../config/samples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string]object{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(data), "\n---\n") {
			if o := read(t, document); o.GetKind() == "SuperOfficeWebhook" {
				shapes[filepath.Base(file)] = o
			}
		}
	}
	if len(shapes) < 9 {
		t.Fatalf("found %d samples only", len(shapes))
	}
	return shapes
}
