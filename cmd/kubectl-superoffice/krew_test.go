// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"sigs.k8s.io/yaml"
)

// TestKrewManifest fills the manifest in as krew-release-bot does, and holds it against what krew demands
// (https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/).
func TestKrewManifest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../.krew.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// An address in a function's argument is a template of its own there.
	prepared := regexp.MustCompile(`"([^"]*)\{\{ \.TagName \}\}([^"]*)"`).ReplaceAllString(string(text), `(printf "$1%s$2" .TagName)`)
	made, err := template.New("krew").Funcs(template.FuncMap{
		"addURIAndSha": func(uri, _ string) string {
			return fmt.Sprintf("uri: %s\n    sha256: %s", uri, strings.Repeat("0", 64))
		},
	}).Parse(prepared)
	if err != nil {
		t.Fatal(err)
	}
	var filled bytes.Buffer
	if err := made.Execute(&filled, map[string]string{"TagName": "v0.1.0"}); err != nil {
		t.Fatal(err)
	}
	var plugin struct {
		APIVersion, Kind string
		Metadata         struct{ Name string }
		Spec             struct {
			Version, ShortDescription, Description, Homepage, Caveats string
			Platforms                                                 []struct {
				Selector         struct{ MatchLabels map[string]string }
				URI, Sha256, Bin string
			}
		}
	}
	if err := yaml.UnmarshalStrict(filled.Bytes(), &plugin); err != nil {
		t.Fatalf("%v\n%s", err, filled.String())
	}
	if plugin.Kind != "Plugin" || plugin.Metadata.Name != "superoffice" || plugin.Spec.Version != "v0.1.0" {
		t.Errorf("%+v", plugin)
	}
	if n := len(plugin.Spec.ShortDescription); n == 0 || n > 50 {
		t.Errorf("the short description has %d characters, at most 50 are wanted", n)
	}
	for _, p := range plugin.Spec.Platforms {
		want := p.Selector.MatchLabels["os"] + "_" + p.Selector.MatchLabels["arch"]
		if !strings.Contains(p.URI, "/v0.1.0/kubectl-superoffice_"+want+".") || !strings.HasPrefix(p.Bin, "kubectl-superoffice") {
			t.Errorf("%+v", p)
		}
	}
	if len(plugin.Spec.Platforms) != 5 {
		t.Errorf("there are %d platforms", len(plugin.Spec.Platforms))
	}
}
