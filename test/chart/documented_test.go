// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/test/golden"
	"github.com/superoffice-webhook/operator/test/markdown"
)

// TestDocumentedConfigurations holds what is made in each configuration that the chart's README shows, and by default,
// against a golden file. The definition, the rules of the operator's roles and
// the dashboards are left out: config/ and monitoring/ have them.
func TestDocumentedConfigurations(t *testing.T) {
	t.Parallel()
	configurations := documented(t)
	configurations["default"] = ""
	for title, text := range configurations {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := template(t, "--set=crds.enabled=false", "--values="+file(t, text), monitored)
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", title+".yaml"), essence(got))
		})
	}
}

// essence leaves out the operator's rules and the dashboards.
func essence(manifest string) string {
	documents := strings.SplitAfter(manifest, "\n---\n")
	for i, document := range documents {
		for template, key := range map[string]string{"rbac.yaml": "\nrules:", "grafana-dashboards.yaml": "\ndata:"} {
			head, _, found := strings.Cut(document, key+"\n")
			if found && strings.Contains(head, "/templates/"+template) {
				documents[i] = head + key + " […]\n---\n"
			}
		}
	}
	return strings.Join(documents, "")
}

// Some who install the operator may write in namespaces only.
func TestNothingClusterWideWhereThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	text := documented(t)["where-cluster-wide-objects-are-not-allowed"]
	if text == "" {
		t.Fatal("the README shows no such configuration")
	}
	for name, o := range objects(t, "--values="+file(t, text), monitored, "--set=serviceMonitor.enabled=true,podMonitor.enabled=true,prometheusRule.enabled=true,networkPolicy.enabled=true,podDisruptionBudget.enabled=true,grafanaDashboard.enabled=true") {
		if at(o, "metadata.namespace") == nil {
			t.Errorf("%s is in no namespace", name)
		}
	}
}

// documented are the values that the README shows, by the anchor of the heading above.
func documented(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, block := range markdown.Parse(read(t, chart, "README.md")).Blocks {
		if block.Language == "yaml" {
			all[markdown.Anchor(block.Heading)] = block.Text
		}
	}
	if len(all) == 0 {
		t.Fatal("the README shows no values")
	}
	return all
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func values(t *testing.T) object {
	t.Helper()
	var all object
	if err := yaml.UnmarshalStrict([]byte(read(t, chart, "values.yaml")), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestArtifactHubIsToldTheTruth: what the chart's annotations say of images and resources must be so.
func TestArtifactHubIsToldTheTruth(t *testing.T) {
	t.Parallel()
	var about struct {
		AppVersion  string            `json:"appVersion"`
		Annotations map[string]string `json:"annotations"`
	}
	if err := yaml.Unmarshal([]byte(read(t, chart, "Chart.yaml")), &about); err != nil {
		t.Fatal(err)
	}
	var images []struct {
		Name, Image string
		Platforms   []string
	}
	if err := yaml.UnmarshalStrict([]byte(about.Annotations["artifacthub.io/images"]), &images); err != nil {
		t.Fatal(err)
	}
	all := values(t)
	for i, path := range []string{"image", "receiver.image", "test.image"} {
		want := at(all, path+".repository").(string) + ":" + about.AppVersion
		if i >= len(images) || images[i].Image != want {
			t.Errorf("want %s in its place among %v", want, images)
		}
	}
	var kinds []struct{ Kind, Name, Version, DisplayName, Description string }
	if err := yaml.UnmarshalStrict([]byte(about.Annotations["artifacthub.io/crds"]), &kinds); err != nil {
		t.Fatal(err)
	}
	bases, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(bases) != len(kinds) {
		t.Errorf("it tells of %d kinds, and there are %d (%v)", len(kinds), len(bases), err)
	}
	for _, k := range kinds {
		plural, group, _ := strings.Cut(k.Name, ".")
		if path := filepath.Join(root, "config", "crd", "bases", group+"_"+plural+".yaml"); !slices.Contains(bases, path) || k.Description == "" {
			t.Errorf("there is no %s, or no description of it", path)
		}
	}
	for _, key := range []string{"crdsExamples", "changes", "links", "screenshots"} {
		var list []object
		if err := yaml.UnmarshalStrict([]byte(about.Annotations["artifacthub.io/"+key]), &list); err != nil || len(list) == 0 {
			t.Errorf("%s: %v, %v", key, list, err)
		}
	}
}

// What templates read are copies, since a chart holds only what is below it.
func TestFilesAreCopies(t *testing.T) {
	t.Parallel()
	dashboards, err := filepath.Glob(filepath.Join(root, "monitoring", "dashboards", "*.json"))
	if err != nil || len(dashboards) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	copies := []string{"files/alerts.yaml"}
	for _, path := range dashboards {
		copies = append(copies, "files/dashboards/"+filepath.Base(path))
	}
	for _, path := range copies {
		if read(t, chart, path) != read(t, "monitoring", strings.TrimPrefix(path, "files/")) {
			t.Errorf("%s is out of date: make generate", path)
		}
	}
}
