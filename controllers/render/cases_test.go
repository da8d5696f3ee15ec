// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apimachinery/pkg/runtime"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

var options = render.Options{
	Image:   "ghcr.io/superoffice-webhook/receiver:v0.1.0",
	Version: "v0.1.0",
	Manager: render.Pods{Namespace: "superoffice-webhook-system", Labels: map[string]string{"app.kubernetes.io/name": "superoffice-webhook-operator"}},
}

// targets are what the sinks of the cases refer to, one of which is missing.
var targets = render.Targets{
	"indexer": {URL: &url.URL{Scheme: "http", Host: "indexer.sales.svc:8080", Path: "/"}, Pods: map[string]string{"app": "indexer"}},
	"broker":  {URL: &url.URL{Scheme: "http", Host: "broker-ingress.knative-eventing.svc", Path: "/sales/crm"}},
	"missing": {WaitingFor: `Service "archive" not found`},
}

func targetsOf(w *v1alpha1.SuperOfficeWebhook) render.Targets {
	of := render.Targets{}
	for _, s := range w.Spec.Sinks {
		if s.HTTP != nil && s.HTTP.Ref != nil {
			of[s.Name] = targets[s.Name]
		}
	}
	return of
}

const samples = "../../config/samples/"

// a resource in a file, as the API server hands it out to the operator or, without defaults, as it was written.
type resource struct {
	file            string
	withoutDefaults bool
}

// cases are resources by the name of their golden file.
var cases = map[string]resource{
	"minimal":          {file: samples + "minimal.yaml"},
	"without-defaults": {file: samples + "minimal.yaml", withoutDefaults: true},
	"everything":       {file: samples + "everything.yaml"},
	"rotation":         {file: samples + "raw-with-rotation.yaml"},
	"other-keys":       {file: "testdata/in/other-keys.yaml"},
	"several-sinks":    {file: samples + "several-sinks.yaml"},
	"secured-http":     {file: samples + "secured-http.yaml"},
	"mutual-tls":       {file: samples + "mutual-tls.yaml"},
	"tls":              {file: samples + "tls.yaml"},
	"brokers":          {file: samples + "brokers.yaml"},
	"in-order":         {file: samples + "in-order.yaml"},
	"jetstream":        {file: samples + "jetstream.yaml"},
	"shared-secrets":   {file: "testdata/in/shared-secrets.yaml"},
	"suspended":        {file: samples + "suspended.yaml"},
	"shaped-receivers": {file: "testdata/in/shaped-receivers.yaml"},
	"ingress":          {file: samples + "ingress.yaml"},
	"gateway":          {file: samples + "gateway.yaml"},
	"load-balancer":    {file: samples + "load-balancer.yaml"},
	"internal":         {file: "testdata/in/internal-load-balancer.yaml"},
	"two-gateways":     {file: "testdata/in/two-gateways.yaml"},
	"autoscaled":       {file: samples + "autoscaled.yaml"},
	"keda":             {file: "testdata/in/keda.yaml"},
	"pod-template":     {file: samples + "pod-template.yaml"},
	"network-policy":   {file: samples + "network-policy.yaml"},
	"admin-only":       {file: "testdata/in/admin-only.yaml"},
	"sink-references":  {file: samples + "sink-references.yaml"},
}

// forEachCase runs a test on each resource.
func forEachCase(t *testing.T, test func(t *testing.T, w *v1alpha1.SuperOfficeWebhook)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) { test(t, load(t, cases[name])) })
	}
}

// load reads a resource into the namespace sales, with what an API server adds.
func load(t *testing.T, r resource) *v1alpha1.SuperOfficeWebhook {
	t.Helper()
	documents := documents(t, r.file)
	return decodeResource(t, documents[len(documents)-1], r.withoutDefaults) // a Secret may stand before it
}

// loadAll reads all resources of a file.
func loadAll(t *testing.T, file string) []*v1alpha1.SuperOfficeWebhook {
	t.Helper()
	var all []*v1alpha1.SuperOfficeWebhook
	for _, object := range documents(t, file) {
		if object["kind"] == "SuperOfficeWebhook" {
			all = append(all, decodeResource(t, object, false))
		}
	}
	return all
}

func decodeResource(t *testing.T, object map[string]any, withoutDefaults bool) *v1alpha1.SuperOfficeWebhook {
	t.Helper()
	if !withoutDefaults {
		defaulting.Default(object, schema(t))
	}
	var w v1alpha1.SuperOfficeWebhook
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object, &w, true); err != nil {
		t.Fatal(err)
	}
	w.Namespace = "sales"
	w.UID = cmp.Or(w.UID, "0a4ea9a5-6c52-4b5b-9d1e-9f0e6ad1a1c7")
	return &w
}

// documents are those of a file.
func documents(t *testing.T, file string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	for text := range strings.SplitSeq(string(data), "\n---\n") {
		var object map[string]any
		if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
	}
	return all
}

// schema is that of the generated definition, which holds the defaults. It is large, so it is read once.
func schema(t *testing.T) *structuralschema.Structural {
	t.Helper()
	s, err := readSchema()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var readSchema = sync.OnceValues(func() (*structuralschema.Structural, error) {
	data, err := os.ReadFile("../../config/crd/bases/webhooks.superoffice.dev_superofficewebhooks.yaml")
	if err != nil {
		return nil, err
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &definition); err != nil {
		return nil, err
	}
	var internal apiextensions.JSONSchemaProps
	v1 := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v1, &internal, nil); err != nil {
		return nil, err
	}
	return structuralschema.NewStructural(&internal)
})

// rendered are the objects of a resource as an API server would read them.
type rendered struct {
	*render.Objects
	serviceAccount core.ServiceAccount
	configMap      core.ConfigMap
	service        core.Service
	budget         policy.PodDisruptionBudget
	deployment     apps.Deployment
	// those that are only there where they are asked for
	ingress networking.Ingress
	route   gateway.HTTPRoute
}

func renderAll(t *testing.T, w *v1alpha1.SuperOfficeWebhook) rendered {
	t.Helper()
	objects, err := render.Webhook(w, options, targetsOf(w), render.Live{})
	if err != nil {
		t.Fatal(err)
	}
	r := rendered{Objects: objects}
	decode(t, objects.ServiceAccount, &r.serviceAccount)
	decode(t, objects.ConfigMap, &r.configMap)
	decode(t, objects.Service, &r.service)
	decode(t, objects.PodDisruptionBudget, &r.budget)
	decode(t, objects.Deployment, &r.deployment)
	if objects.Ingress != nil {
		decode(t, objects.Ingress, &r.ingress)
	}
	if objects.HTTPRoute != nil {
		decode(t, objects.HTTPRoute, &r.route)
	}
	return r
}

func decode(t *testing.T, object runtime.ApplyConfiguration, into any) {
	t.Helper()
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// manifest writes objects as one would read them in a review.
func manifest(t *testing.T, objects *render.Objects) string {
	t.Helper()
	var all strings.Builder
	listed := objects.All()
	if objects.Ingress != nil {
		listed = append(listed, objects.Ingress)
	}
	if objects.HTTPRoute != nil {
		listed = append(listed, objects.HTTPRoute)
	}
	for i, object := range listed {
		data, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			all.WriteString("---\n")
		}
		all.Write(data)
	}
	return all.String()
}
