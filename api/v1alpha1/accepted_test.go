// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite the files below testdata")

// accepted lie at the edges of what is allowed, or look as if they were beyond.
var accepted = []struct {
	name    string
	changes []set
}{
	{"the least", nil},
	{"the longest name", []set{{"metadata.name", text(52)}}},
	{"a name of one letter", []set{{"metadata.name", "a"}}},
	{"sixteen sinks", []set{{"spec.sinks", list(16, "{name: s%d, http: {url: https://erp.example.com}}")}}},
	{"a sink of a name that begins with a digit", []set{{"spec.sinks[0].name", "2nd"}}},
	{"a sink inside the cluster", []set{{"spec.sinks[0].http.url", "http://indexer.search.svc:8080/update?full=true"}}},
	{"a sink at an address of IPv6", []set{{"spec.sinks[0].http.url", "http://[2001:db8::1]:8080/"}}},
	{"a sink that wants some of the events", []set{{"spec.events", "[activity.created, activity.deleted]"}, {"spec.sinks[0].events", "[activity.deleted]"}}},
	{"a header of no value", []set{header("{name: X-A, value: ''}")}},
	{"a header with a tab and every mark of a name", []set{header("{name: \"-!#$%&'*+.^_|~\", value: \"a\\tb\"}")}},
	{"a header for authentication", []set{header("{name: Authorization, valueFrom: {secretKeyRef: {name: erp, key: .token_1-a}}}")}},
	{"the shortest times", []set{
		{"spec.sinks[0].http.timeout", "100ms"},
		{"spec.sinks[0].delivery.retry", "{maxAge: 1s, backoff: {initial: 10ms, max: 10ms}}"},
		{"spec.queue.retention.maxAge", "1m"},
	}},
	{"the longest times", []set{
		{"spec.sinks[0].http.timeout", "5m"},
		{"spec.sinks[0].delivery.retry", "{maxAge: 8760h, backoff: {initial: 1h, max: 24h}}"},
		{"spec.queue.retention.maxAge", "8760h"},
	}},
	{"times of several units and fractions", []set{{"spec.sinks[0].http.timeout", "1m30.5s"}, {"spec.queue.retention.maxAge", "100h30m"}}},
	{"the smallest queue", []set{{"spec.queue.embedded.storage.size", "16Mi"}}},
	{"the largest queue", []set{{"spec.queue.embedded.storage.size", "1Pi"}}},
	{"a queue of a size in bytes", []set{{"spec.queue.embedded.storage.size", "1073741824"}}},
	{"a queue of which only the age is given", []set{{"spec.queue", "{retention: {maxAge: 100h}}"}}},
	{"requests that are the limits", []set{{"spec.receiver.resources", "{requests: {cpu: 1000m, memory: 1Gi}, limits: {cpu: 1, memory: 1024Mi}}"}}},
	{"requests without limits", []set{{"spec.receiver.resources", "{requests: {cpu: 1}}"}}},
	{"no requests and no limits", []set{{"spec.receiver.resources", "{}"}}},
	{"the root as path", []set{{"spec.exposure.path", "/"}}},
	{"a path with a slash at its end and dots in a name", []set{{"spec.exposure.path", "/a/..b/c.d/"}}},
	{"a field that is null, as if it were not there", []set{{"spec.receiver", "null"}, {"spec.tenants", "null"}}},
}

func TestAccepted(t *testing.T) {
	needsServer(t)
	for _, c := range accepted {
		t.Run(c.name, func(t *testing.T) {
			if err := server.Create(t.Context(), webhook(t, c.changes...), client.DryRunAll, client.FieldValidation("Strict")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNewResource(t *testing.T) {
	needsServer(t)
	o := webhook(t)
	create(t, o)
	t.Run("shows its defaults", func(t *testing.T) {
		for _, field := range []string{"uid", "resourceVersion", "creationTimestamp", "managedFields"} {
			unstructured.RemoveNestedField(o.Object, "metadata", field)
		}
		got, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/minimal.yaml", string(got))
	})
	t.Run("is in progress until the operator has seen it", func(t *testing.T) {
		result, err := status.Compute(o)
		if err != nil || result.Status != status.InProgressStatus {
			t.Errorf("kstatus says %+v, %v", result, err)
		}
	})
}

func TestAnyShapeCanBecomeAnyOther(t *testing.T) {
	needsServer(t)
	shapes := samples(t)
	o := webhook(t)
	create(t, o)
	for before, from := range shapes {
		for after, to := range shapes {
			for _, spec := range []any{from, to} {
				o.Object["spec"] = spec
				if err := server.Update(t.Context(), o, client.FieldValidation("Strict")); err != nil {
					t.Fatalf("%s to %s: %v", before, after, err)
				}
			}
		}
	}
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

// samples are the specs of the documented shapes, by file.
func samples(t *testing.T) map[string]any {
	t.Helper()
	files, err := filepath.Glob("../../config/samples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	specs := map[string]any{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(data), "\n---\n") {
			if o := read(t, document); o.GetKind() == "SuperOfficeWebhook" {
				specs[filepath.Base(file)] = o.Object["spec"]
			}
		}
	}
	if len(specs) < 5 {
		t.Fatalf("found %d samples only", len(specs))
	}
	return specs
}

// golden compares with a file, or writes it when the flag -update says so.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", file, diff)
	}
}
