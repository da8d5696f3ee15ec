// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/jsonpath"
	"sigs.k8s.io/yaml"
)

// explained is how many characters kubectl explain has room for in a line. It breaks longer ones one by one.
const explained = 76

func TestEveryFieldIsDescribed(t *testing.T) {
	fields := 0
	var walk func(at string, s apiextensions.JSONSchemaProps)
	walk = func(at string, s apiextensions.JSONSchemaProps) {
		fields++
		if s.Description == "" && at != ".metadata" { // which kubectl explain describes by itself
			t.Errorf("%s has no description", at)
		}
		for line := range strings.Lines(s.Description) {
			if strings.HasPrefix(at, ".spec") && len(strings.TrimSpace(line)) > explained {
				t.Errorf("%s has a line of more than %d characters: %s", at, explained, line)
			}
		}
		for name, property := range s.Properties {
			walk(at+"."+name, property)
		}
		if s.Items != nil {
			for name, property := range s.Items.Schema.Properties {
				walk(at+"[]."+name, property)
			}
		}
	}
	d := definition(t)
	walk("", *d.Spec.Versions[0].Schema.OpenAPIV3Schema)
	if fields < 120 {
		t.Errorf("looked at %d fields only", fields)
	}
}

// kubectl apply keeps the whole definition in an annotation unless told otherwise, and no object can have more than 262144
// bytes of annotations.
func TestDefinitionFitsIntoAnAnnotation(t *testing.T) {
	const room = 200_000
	data, err := os.ReadFile(definitionFile)
	if err != nil {
		t.Fatal(err)
	}
	text, err := yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) >= room {
		t.Errorf("it has %d bytes as JSON, want less than %d", len(text), room)
	}
}

func TestEveryColumnShowsSomething(t *testing.T) {
	resource := asJSON(t, full())
	got := map[string]string{}
	for _, column := range definition(t).Spec.Versions[0].AdditionalPrinterColumns {
		path := jsonpath.New(column.Name) // does not allow missing keys
		if err := path.Parse("{" + column.JSONPath + "}"); err != nil {
			t.Fatalf("column %s: %v", column.Name, err)
		}
		var text strings.Builder
		if err := path.Execute(&text, resource); err != nil {
			t.Errorf("column %s: %v", column.Name, err)
		}
		got[column.Name+" "+column.Type] = text.String()
	}
	want := map[string]string{
		"Ready string":      "True",
		"Reason string":     "Accepting",
		"Receivers integer": "2",
		"Pending integer":   "7",
		"Dead integer":      "1",
		"Received date":     "2026-01-02T03:04:05Z",
		"Age date":          "2026-01-01T00:00:00Z",
		"Exposed string":    "True",
		"URL string":        "http://crm-receiver.sales.svc/webhook",
		"Message string":    "2 of 2 receivers accept events",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got)\n%s", diff)
	}
}

// full is a resource that has been looked at.
func full() *SuperOfficeWebhook {
	at := metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return &SuperOfficeWebhook{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "SuperOfficeWebhook"},
		ObjectMeta: metav1.ObjectMeta{Name: "crm", Namespace: namespace, CreationTimestamp: metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))},
		Status: SuperOfficeWebhookStatus{
			ObservedGeneration: 1,
			Conditions: []metav1.Condition{
				{Type: ConditionReady, Status: metav1.ConditionTrue, Reason: ReasonAccepting, Message: "2 of 2 receivers accept events", LastTransitionTime: at},
				{Type: ConditionExposed, Status: metav1.ConditionTrue, Reason: ReasonClusterOnly, Message: "inside the cluster only", LastTransitionTime: at},
				{Type: ConditionDelivering, Status: metav1.ConditionFalse, Reason: ReasonSinkFailing, Message: `sink "erp": connection refused`, LastTransitionTime: at},
			},
			Address:       &Address{URL: "http://crm-receiver.sales.svc/webhook"},
			Replicas:      3,
			ReadyReplicas: 2,
			Delivery: &DeliveryStatus{
				Pending: 7, OldestPendingTime: &at, DeadLettered: 1, LastReceivedTime: &at,
				LastRejection: &Rejection{Time: at, Reason: "SignatureMismatch"},
			},
			Sinks: []SinkStatus{{Name: "erp", State: SinkFailing, Pending: 7, DeadLettered: 1, LastDeliveryTime: &at, LastError: "connection refused"}},
		},
	}
}

func asJSON(t *testing.T, w *SuperOfficeWebhook) map[string]any {
	t.Helper()
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var o map[string]any
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func definition(t *testing.T) *apiextensions.CustomResourceDefinition {
	t.Helper()
	d, err := readDefinition()
	if err != nil {
		t.Fatal(err)
	}
	return d
}
