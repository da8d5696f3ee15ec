// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// TestDocumentedPartsOfResources takes what the documentation shows as a part of a resource at its word.
func TestDocumentedPartsOfResources(t *testing.T) {
	parts := 0
	for _, file := range []string{"../../docs/receivers.md", "../../docs/sink-references.md"} {
		for _, block := range yamlBlocks(t, file) {
			if !strings.HasPrefix(block, "receiver:") && !strings.HasPrefix(block, "sinks:") {
				continue
			}
			parts++
			w := load(t, cases["minimal"])
			part := struct {
				Receiver *v1alpha1.Receiver `json:"receiver,omitempty"`
				Sinks    *[]v1alpha1.Sink   `json:"sinks,omitempty"`
			}{&w.Spec.Receiver, &w.Spec.Sinks}
			if err := yaml.UnmarshalStrict([]byte(block), &part); err != nil {
				t.Errorf("%s: %v in\n%s", file, err, block)
			}
			targets := render.Targets{}
			for _, s := range w.Spec.Sinks {
				targets[s.Name] = render.Target{WaitingFor: "what it refers to"}
			}
			if _, err := render.Webhook(w, options, targets, render.Live{}); err != nil {
				t.Errorf("%s: %v in\n%s", file, err, block)
			}
		}
	}
	if parts < 5 {
		t.Errorf("found only %d", parts)
	}
}

// TestDocumentedMetricsExist compares the names that autoscalers are told with those that receivers serve.
func TestDocumentedMetricsExist(t *testing.T) {
	const fromAdapter = "superoffice_webhook_sink_oldest_pending_age_seconds"
	served := read(t, "../../docs/metrics.md")
	for _, name := range regexp.MustCompile("superoffice_webhook_[a-z_]+").FindAllString(read(t, "../../docs/receivers.md"), -1) {
		if name != fromAdapter && !strings.Contains(served, "`"+name+"`") {
			t.Errorf("no receiver serves %s", name)
		}
	}
	if !strings.Contains(read(t, samples+"autoscaled.yaml"), fromAdapter) {
		t.Errorf("the sample does not use %s", fromAdapter)
	}
}

func yamlBlocks(t *testing.T, file string) []string {
	t.Helper()
	var blocks []string
	for _, match := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(read(t, file), -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
