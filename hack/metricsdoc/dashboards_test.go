// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	// Registers controller_runtime_… and workqueue_….
	_ "sigs.k8s.io/controller-runtime/pkg/controller"
	controllermetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/superoffice-webhook/operator/monitoring"
)

func TestDashboardsAskForWhatThereIs(t *testing.T) {
	t.Parallel()
	all, others := known(t), notTheReceivers(t)
	files, err := monitoring.Dashboards.ReadDir("dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := monitoring.Dashboards.ReadFile("dashboards/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		var board struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
			Templating struct {
				List []struct{ Name, Definition string }
			}
		}
		if err := json.Unmarshal(text, &board); err != nil {
			t.Fatal(err)
		}
		asked := map[string]string{}
		for _, panel := range board.Panels {
			for _, target := range panel.Targets {
				asked[panel.Title+": "+target.Expr] = target.Expr
			}
		}
		for _, variable := range board.Templating.List {
			if variable.Definition != "" {
				asked["$"+variable.Name] = variable.Definition
			}
		}
		if len(asked) < 10 {
			t.Errorf("%s asks for next to nothing", file.Name())
		}
		for where, expr := range asked {
			if diff := cmp.Diff([]string(nil), mistakesOfDashboards(expr, all, others)); diff != "" {
				t.Errorf("%s: %s (-want +found)\n%s", file.Name(), where, diff)
			}
		}
	}
}

// A check that finds nothing must be able to.
func TestMistakesInDashboardsAreFound(t *testing.T) {
	t.Parallel()
	all, others := known(t), notTheReceivers(t)
	for expr, want := range map[string][]string{
		`sum(rate(controller_runtime_reconcile_total[5m]))`:                     nil,
		`rate(controller_runtime_reconcile_time_seconds_bucket[5m])`:            nil,
		`rate(process_cpu_seconds_total{webhook="$webhook"}[$__rate_interval])`: nil,
		`superoffice_webhook_queue_events{namespace="$namespace"}`:              nil,
		`sum(rate(controller_runtime_reconciles_total[5m]))`:                    {"there is no controller_runtime_reconciles_total"},
		`workqueue_deep`: {"there is no workqueue_deep"},
		`superoffice_webhook_queue_events{x="a"}`: {"superoffice_webhook_queue_events has no label x"},
		`vector(1)`: {"it asks for no metric"},
	} {
		t.Run(expr, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, mistakesOfDashboards(expr, all, others)); diff != "" {
				t.Errorf("(-want +found)\n%s", diff)
			}
		})
	}
}

var foreign = regexp.MustCompile(`\b(?:controller_runtime|workqueue|process|go|leader_election|rest_client)_\w+`)

// mistakesOfDashboards are those that alerts can have, too, and metrics of the operator or of a process that do not exist.
func mistakesOfDashboards(expr string, all []metric, others []string) []string {
	var found []string
	names := foreign.FindAllString(expr, -1)
	for _, name := range names {
		if !slices.Contains(others, name) {
			found = append(found, "there is no "+name)
		}
	}
	switch {
	case strings.Contains(expr, "superoffice_webhook_"):
		placed := regexp.MustCompile(`\b(namespace|webhook)=~?"\$\w+",? ?`).ReplaceAllString(expr, "")
		return append(found, mistakes(placed, all)...)
	case len(names) == 0:
		return append(found, "it asks for no metric")
	}
	return found
}

// notTheReceivers are the names of the series that every process, and the operator, have.
func notTheReceivers(t *testing.T) []string {
	t.Helper()
	descriptors := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptors)
		if registry, ok := controllermetrics.Registry.(prometheus.Collector); ok {
			registry.Describe(descriptors)
		}
	}()
	var names []string
	name := regexp.MustCompile(`fqName: "(\w+)"`)
	for d := range descriptors {
		if found := name.FindStringSubmatch(d.String()); found != nil {
			// A descriptor does not tell which of them are histograms.
			names = append(names, found[1], found[1]+"_bucket", found[1]+"_sum", found[1]+"_count")
		}
	}
	if len(names) == 0 {
		t.Fatal("the registry describes nothing")
	}
	return names
}
