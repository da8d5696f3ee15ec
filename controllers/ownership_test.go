// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/controllers/render"
)

// wantedObject has all shapes of fields: maps, lists with keys of one and of two fields, sets, and what is one whole.
const wantedObject = `
apiVersion: v1
kind: Thing
metadata:
  name: crm
  namespace: sales
  labels: {app: crm}
  annotations: {webhooks.superoffice.dev/applied: abc}
  ownerReferences: [{kind: SuperOfficeWebhook, name: crm, uid: u}]
spec:
  replicas: 2
  selector: {app: crm}
  volume: {}
  containers:
  - name: receiver
    args: [--a, --b]
    ports: [{containerPort: 8080, protocol: TCP, name: intake}]
  finalizers: [one, two]
`

// ownedFields is how the API server notes that all of it is owned.
const ownedFields = `{
"f:metadata":{"f:labels":{"f:app":{}},"f:annotations":{"f:webhooks.superoffice.dev/applied":{}},"f:ownerReferences":{"k:{\"uid\":\"u\"}":{}}},
"f:spec":{"f:replicas":{},"f:selector":{},"f:volume":{},"f:containers":{"k:{\"name\":\"receiver\"}":{".":{},"f:name":{},"f:args":{},
"f:ports":{"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{},"f:name":{}}}}},
"f:finalizers":{"v:\"one\"":{},"v:\"two\"":{}}}}`

func thing(t *testing.T, text string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := yaml.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// owned is an object of which the operator owns these fields.
func owned(fields string) *meta.PartialObjectMetadata {
	o := &meta.PartialObjectMetadata{}
	o.SetManagedFields([]meta.ManagedFieldsEntry{
		{Manager: "somebody", Operation: meta.ManagedFieldsOperationUpdate, FieldsV1: meta.NewFieldsV1(`{"f:spec":{"f:replicas":{}}}`)},
		{Manager: FieldManager, Operation: meta.ManagedFieldsOperationApply, FieldsV1: meta.NewFieldsV1(fields)},
	})
	return o
}

func TestOwns(t *testing.T) {
	t.Run("all that is wanted", func(t *testing.T) {
		if !owns(owned(ownedFields), thing(t, wantedObject)) {
			t.Error("it is said not to")
		}
	})
	// Each is the set of fields after somebody else has changed or removed one.
	for name, lost := range map[string][]string{
		"a scalar":                        {"spec", "f:replicas"},
		"what has one owner only":         {"spec", "f:selector"},
		"a label":                         {"metadata", "f:labels", "f:app"},
		"all labels":                      {"metadata", "f:labels"},
		"the mark of what was applied":    {"metadata", "f:annotations", "f:webhooks.superoffice.dev/applied"},
		"an entry of a list":              {"spec", "f:containers", `k:{"name":"receiver"}`},
		"a field of an entry":             {"spec", "f:containers", `k:{"name":"receiver"}`, "f:args"},
		"an entry with a key of two":      {"spec", "f:containers", `k:{"name":"receiver"}`, "f:ports", `k:{"containerPort":8080,"protocol":"TCP"}`},
		"a field of an entry in an entry": {"spec", "f:containers", `k:{"name":"receiver"}`, "f:ports", `k:{"containerPort":8080,"protocol":"TCP"}`, "f:name"},
		"a member of a set":               {"spec", "f:finalizers", `v:"two"`},
		"an empty map":                    {"spec", "f:volume"},
		"everything":                      nil,
	} {
		t.Run("not without "+name, func(t *testing.T) {
			fields := thing(t, ownedFields)
			if lost == nil {
				fields = map[string]any{}
			}
			at := fields
			for i, step := range lost {
				if i == 0 {
					step = "f:" + step
				}
				if i == len(lost)-1 {
					if _, ok := at[step]; !ok {
						t.Fatalf("there is no %s", step)
					}
					delete(at, step)
					if len(at) == 0 { // the API server leaves nothing of a part of which nothing is owned
						at["."] = map[string]any{}
					}
					break
				}
				at = at[step].(map[string]any)
			}
			text, err := yaml.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			if text, err = yaml.YAMLToJSON(text); err != nil {
				t.Fatal(err)
			}
			if owns(owned(string(text)), thing(t, wantedObject)) {
				t.Errorf("it is said to, by\n%s", text)
			}
		})
	}
	for name, entry := range map[string]meta.ManagedFieldsEntry{
		"somebody else applied":            {Manager: "somebody", Operation: meta.ManagedFieldsOperationApply},
		"the operator updated":             {Manager: FieldManager, Operation: meta.ManagedFieldsOperationUpdate},
		"the operator applied to a status": {Manager: FieldManager, Operation: meta.ManagedFieldsOperationApply, Subresource: "status"},
	} {
		t.Run("not what "+name, func(t *testing.T) {
			o := &meta.PartialObjectMetadata{}
			entry.FieldsV1 = meta.NewFieldsV1(ownedFields)
			o.SetManagedFields([]meta.ManagedFieldsEntry{entry})
			if owns(o, thing(t, wantedObject)) {
				t.Error("it is said to")
			}
		})
	}
}

// What the cache holds must lead to the same answers, and cost no more for a thousand objects than for one.
func TestSharedFields(t *testing.T) {
	var s sharedFields
	one := s.share(owned(ownedFields).GetManagedFields())
	other := s.share(owned(strings.ReplaceAll(ownedFields, `\"u\"`, `\"v\"`)).GetManagedFields())
	if len(one) != 1 || len(other) != 1 || one[0].FieldsV1 != other[0].FieldsV1 {
		t.Errorf("two resources share nothing: %v, %v", one, other)
	}
	o := &meta.PartialObjectMetadata{}
	o.SetManagedFields(one)
	if !owns(o, thing(t, wantedObject)) {
		t.Error("it is said that not all is owned")
	}
	lacks := strings.Replace(ownedFields, `"f:replicas":{},`, "", 1)
	o.SetManagedFields(s.share(owned(lacks).GetManagedFields()))
	if owns(o, thing(t, wantedObject)) {
		t.Error("it is said that all is owned")
	}
	for name, entries := range map[string][]meta.ManagedFieldsEntry{"none": nil, "rubbish": owned("{").GetManagedFields()} {
		if got := s.share(entries); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	for i := range 2 * maxShapes {
		s.share(owned(fmt.Sprintf(`{"f:%d":{}}`, i)).GetManagedFields())
	}
	if len(s.of) > maxShapes+1 {
		t.Errorf("%d are remembered", len(s.of))
	}
}

func TestUnchanged(t *testing.T) {
	live := func(version, applied, fields string) *meta.PartialObjectMetadata {
		o := owned(fields)
		o.SetResourceVersion(version)
		o.SetAnnotations(map[string]string{render.AnnotationApplied: applied})
		o.SetOwnerReferences((&unstructured.Unstructured{Object: thing(t, wantedObject)}).GetOwnerReferences())
		return o
	}
	lacksOwner := live("9", "abc", ownedFields)
	lacksOwner.SetOwnerReferences(nil)
	justNow, longAgo := time.Now(), time.Now().Add(-time.Minute)
	for _, c := range []struct {
		name string
		live *meta.PartialObjectMetadata // nil: the cache has none
		last written
		want bool
	}{
		{"by an operator that has just started", live("7", "abc", ownedFields), written{}, true},
		{"by the operator that wrote it", live("7", "abc", ownedFields), written{applied: "abc", version: "7", at: justNow}, true},
		{"although others have written, too", live("9", "abc", ownedFields), written{applied: "abc", version: "7"}, true},
		{"not if something else was applied", live("7", "xyz", ownedFields), written{applied: "xyz", version: "7"}, false},
		{"not if a field was taken away", live("9", "abc", `{"f:spec":{}}`), written{applied: "abc", version: "7"}, false},
		{"not if an owner was taken away", lacksOwner, written{applied: "abc", version: "7"}, false},
		{"as long as the cache lags behind", live("7", "xyz", ownedFields), written{applied: "abc", version: "10", at: justNow}, true},
		{"as long as the cache lags behind the creation", nil, written{applied: "abc", version: "10", at: justNow}, true},
		{"not if the cache lags behind another write", live("7", "xyz", ownedFields), written{applied: "xyz", version: "10", at: justNow}, false},
		{"not if it should have come to the cache by now", nil, written{applied: "abc", version: "10", at: longAgo}, false},
		{"not if it was never written, or was there and is not any more", nil, written{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			of := child{wanted: &unstructured.Unstructured{Object: thing(t, wantedObject)}, applied: "abc"}
			if c.live != nil {
				of.live = c.live
			}
			if got, _ := unchanged(of, c.last); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
