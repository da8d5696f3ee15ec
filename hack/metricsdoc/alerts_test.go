// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/monitoring"
	"github.com/superoffice-webhook/operator/receiver/metrics"
)

// rules are what is read of a file of rules. Other fields are mistakes.
type rules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

func TestAlertsAskForWhatThereIs(t *testing.T) {
	t.Parallel()
	var file rules
	if err := yaml.UnmarshalStrict([]byte(monitoring.Alerts), &file); err != nil {
		t.Fatal(err)
	}
	all := known(t)
	names := map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" || names[rule.Alert] || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" {
				t.Errorf("an alert needs a name of its own, a severity and a summary: %+v", rule)
			}
			names[rule.Alert] = true
			if diff := cmp.Diff([]string(nil), mistakes(rule.Expr, all)); diff != "" {
				t.Errorf("%s (-want +found)\n%s", rule.Alert, diff)
			}
		}
	}
	if len(names) == 0 {
		t.Error("there is no alert")
	}
}

// A check that finds nothing must be able to.
func TestMistakesInExpressionsAreFound(t *testing.T) {
	t.Parallel()
	all := known(t)
	for expr, want := range map[string][]string{
		`superoffice_webhook_queue_events > 1`:                                             nil,
		`superoffice_webhook_requests_total{code="503", reason=~"Queue.*"}`:                nil,
		`superoffice_webhook_requests_total{reason!="Stored"}`:                             nil,
		`superoffice_webhook_sink_circuit_open{sink="anything"}`:                           nil,
		`sum by (le, sink) (superoffice_webhook_delivery_attempt_duration_seconds_bucket)`: nil,
		`up == 0`:                                                 {"it asks for no metric of the receiver"},
		`superoffice_webhook_queue_event > 1`:                     {"there is no superoffice_webhook_queue_event"},
		`superoffice_webhook_queue_events_count`:                  {"there is no superoffice_webhook_queue_events_count"},
		`superoffice_webhook_request_duration_seconds`:            {"there is no superoffice_webhook_request_duration_seconds"},
		`superoffice_webhook_requests_total{sink="erp"}`:          {"superoffice_webhook_requests_total has no label sink"},
		`superoffice_webhook_requests_total{reason="QueueFul"}`:   {`the label reason is never "QueueFul"`},
		`superoffice_webhook_requests_total{reason=~"Queue"}`:     {`the label reason is never "Queue"`},
		`sum without (reasons) (superoffice_webhook_queue_bytes)`: {"no metric has the label reasons"},
	} {
		t.Run(expr, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, mistakes(expr, all)); diff != "" {
				t.Errorf("(-want +found)\n%s", diff)
			}
		})
	}
}

func known(t *testing.T) []metric {
	t.Helper()
	all, err := gather(example())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var (
	selectors = regexp.MustCompile(`(` + metrics.Namespace + `_\w+)(?:\{([^}]*)\})?`)
	matchers  = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	grouping  = regexp.MustCompile(`(?:by|without) \(([^)]*)\)`)
)

// mistakes are what an expression asks for in vain: metrics, labels and values that do not exist.
func mistakes(expr string, all []metric) []string {
	var found []string
	selected := selectors.FindAllStringSubmatch(expr, -1)
	if len(selected) == 0 {
		found = append(found, "it asks for no metric of the receiver")
	}
	labels := []string{"instance", "pod", "le", "namespace", "webhook"} // not the receiver's, but there
	for _, m := range all {
		labels = append(labels, m.Labels...)
	}
	for _, s := range selected {
		i := slices.IndexFunc(all, func(m metric) bool { return slices.Contains(series(m), s[1]) })
		if i < 0 {
			found = append(found, "there is no "+s[1])
			continue
		}
		for _, matcher := range matchers.FindAllStringSubmatch(s[2], -1) {
			found = append(found, mismatch(all[i], matcher[1], matcher[3])...)
		}
	}
	for _, group := range grouping.FindAllStringSubmatch(expr, -1) {
		for name := range strings.SplitSeq(group[1], ", ") {
			if !slices.Contains(labels, name) {
				found = append(found, "no metric has the label "+name)
			}
		}
	}
	return found
}

// series are the names under which a metric can be asked for.
func series(m metric) []string {
	if m.Type == "histogram" {
		return []string{m.Name + "_bucket", m.Name + "_sum", m.Name + "_count"}
	}
	return []string{m.Name}
}

// mismatch tells whether a metric's label never has a value. What a configuration brings may be anything.
func mismatch(m metric, label, pattern string) []string {
	if !slices.Contains(m.Labels, label) {
		return []string{fmt.Sprintf("%s has no label %s", m.Name, label)}
	}
	whole := regexp.MustCompile("^(?:" + pattern + ")$")
	if label != "sink" && label != "hash" && !slices.ContainsFunc(m.values[label], whole.MatchString) {
		return []string{fmt.Sprintf("the label %s is never %q", label, pattern)}
	}
	return nil
}
