// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/controllers/render"
)

const samples = "../../../config/samples"

func run(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := NewCommand("v1.2.3")
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var stdout bytes.Buffer
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&stdout)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return stdout.String(), err
}

// TestSamples renders what the repository has to show, and finds the objects that the operator makes.
func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(samples + "/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d samples (%v)", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "kind: SuperOfficeWebhook") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			out, err := run(t, "", "-f", file)
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for document := range strings.SplitSeq(out, "\n---\n") {
				var object struct {
					Kind     string
					Metadata map[string]any
				}
				if err := yaml.Unmarshal([]byte(document), &object); err != nil {
					t.Fatal(err)
				}
				kinds = append(kinds, object.Kind)
				if object.Metadata["ownerReferences"] != nil || object.Metadata["namespace"] != nil {
					t.Errorf("%s has an owner or a namespace that nobody gave: %v", object.Kind, object.Metadata)
				}
			}
			for _, want := range []string{"ServiceAccount", "ConfigMap", "Service", "PodDisruptionBudget", "Deployment"} {
				if !slices.Contains(kinds, want) {
					t.Errorf("there is no %s among %v", want, kinds)
				}
			}
		})
	}
}

// TestLive has the very objects of the operator, owner included.
func TestLive(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(samples + "/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found, err := parse(text, "sales")
	if err != nil {
		t.Fatal(err)
	}
	w := found[0]
	w.UID = "7d3f1a9e"
	o := options{image: "receiver:x", version: "v1"}
	got, err := o.render(w)
	if err != nil {
		t.Fatal(err)
	}
	want, err := render.Webhook(w, render.Options{Image: "receiver:x", Version: "v1"}, nil, render.Live{})
	if err != nil {
		t.Fatal(err)
	}
	for i, object := range want.All() {
		encoded, _, err := render.Encode(object)
		if err != nil {
			t.Fatal(err)
		}
		wanted, _ := yaml.Marshal(encoded.Object)
		is, _ := yaml.Marshal(got[i])
		if !bytes.Equal(wanted, is) {
			t.Errorf("it is\n%s\nwant\n%s", is, wanted)
		}
	}
}

// TestPool has the objects of two members, and once what they share.
func TestPool(t *testing.T) {
	t.Parallel()
	out, err := run(t, "", "-f", samples+"/pool.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]int{"Deployment": 1, "Service": 1, "ConfigMap": 2, "Ingress": 2} {
		if got := strings.Count(out, "\nkind: "+kind+"\n"); got != want {
			t.Errorf("there are %d of the kind %s, want %d", got, kind, want)
		}
	}
	for _, want := range []string{"name: edge-pool", "path: support/receiver.yaml", "path: marketing/receiver.yaml"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	out, err := run(t, sample(""), "-f", "-", "-n", "sales", "--image", "mirror/receiver:x", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"kind": "List"`, `"image": "mirror/receiver:x"`, `"namespace": "sales"`} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %s in %s", want, out)
		}
	}
}

// TestList reads what kubectl get -o yaml prints of several.
func TestList(t *testing.T) {
	t.Parallel()
	item := strings.ReplaceAll(strings.Split(sample(""), "---\n")[1], "\n", "\n  ")
	out, err := run(t, "apiVersion: v1\nkind: List\nitems:\n- "+item+"\n- "+strings.ReplaceAll(item, "name: crm}", "name: bi}")+"\n", "-f", "-")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"name: crm-receiver\n", "name: bi-receiver\n", "image: ghcr.io/superoffice-webhook/receiver:v1.2.3\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
}

// TestAsDeployed shows nothing as changed that only the operator decides on.
func TestAsDeployed(t *testing.T) {
	t.Parallel()
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "sales", Name: "crm-receiver", Labels: map[string]string{"app.kubernetes.io/version": "v9"}}}
	deployment.Spec.Template.Spec.Containers = []corev1.Container{{Name: "sidecar", Image: "sidecar:x"}, {Name: "receiver", Image: "mirror/receiver:v9"}}
	w := &v1alpha1.SuperOfficeWebhook{ObjectMeta: metav1.ObjectMeta{Namespace: "sales", Name: "crm"}}
	there := fake.NewClientBuilder().WithObjects(deployment).Build()
	forbidding := interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "deployments"}, "crm-receiver", nil)
		},
	})
	for name, test := range map[string]struct {
		cluster client.Reader
		given   options
		want    render.Options
		note    string
	}{
		"there":       {there, options{}, render.Options{Image: "mirror/receiver:v9", Version: "v9"}, ""},
		"but another": {there, options{image: "other:v2", version: "v2"}, render.Options{Image: "other:v2", Version: "v2"}, ""},
		"not there":   {fake.NewClientBuilder().Build(), options{}, render.Options{Image: "ghcr.io/superoffice-webhook/receiver:v1", Version: "v1"}, ""},
		"forbidden": {
			forbidding,
			options{},
			render.Options{Image: "ghcr.io/superoffice-webhook/receiver:v1", Version: "v1"},
			"note: without the right to get Deployment sales/crm-receiver, the image and the version are those of the plugin\n",
		},
	} {
		var stderr bytes.Buffer
		o := test.given
		o.own = "v1"
		if err := o.asDeployed(t.Context(), test.cluster, w, &stderr); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, o.options()); diff != "" || stderr.String() != test.note {
			t.Errorf("%s: %q, want %q (-want +got)\n%s", name, stderr.String(), test.note, diff)
		}
	}
}

func sample(more string) string {
	return "apiVersion: v1\nkind: Secret\n---\napiVersion: " + v1alpha1.GroupVersion.String() + "\nkind: SuperOfficeWebhook\nmetadata: {name: crm}\n" +
		"spec:\n  secret: {name: crm}\n  sinks: [{name: erp, http: {url: https://erp.example.com}}]\n" + more
}

func TestWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stdin string
		args  []string
		want  string
		code  exit.Code
	}{
		"nothing":            {"", nil, "name the SuperOfficeWebhook to render, or give --filename", exit.Usage},
		"both":               {"", []string{"crm", "-f", "-"}, "name a SuperOfficeWebhook or give --filename, not both", exit.Usage},
		"no resource":        {"kind: Secret", []string{"-f", "-"}, "there is no SuperOfficeWebhook (webhooks.superoffice.dev/v1alpha1) in the file", exit.Wrong},
		"an unknown field":   {sample("  sink: x\n"), []string{"-f", "-"}, `unknown field "sink"`, exit.Wrong},
		"a bad value":        {sample("  queue: {retention: {maxAge: 7d}}\n"), []string{"-f", "-"}, "spec.queue.retention.maxAge", exit.Wrong},
		"a file that is not": {"", []string{"-f", "/nowhere"}, "read the file", exit.Failed},
	} {
		_, err := run(t, test.stdin, test.args...)
		if err == nil || !strings.Contains(err.Error(), test.want) || exit.Of(err) != test.code {
			t.Errorf("%s: %v with code %d, want %q with %d", name, err, exit.Of(err), test.want, test.code)
		}
	}
}
