// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"strings"
	"testing"
)

func TestRefusedValues(t *testing.T) {
	t.Parallel()
	for title, c := range map[string]struct{ set, message string }{
		"misspelt":                  {"watchNamespace={sales}", "additional properties 'watchNamespace' not allowed"},
		"misspelt below":            {"metrics.service.enable=true", "at '/metrics/service': additional properties 'enable' not allowed"},
		"of a wrong type":           {"replicaCount=two", "at '/replicaCount': got string, want integer"},
		"a number for a label":      {"commonLabels.year=2026", "at '/commonLabels/year': got number, want string"},
		"not one of":                {"logLevel=trace", "at '/logLevel': value must be one of 'debug', 'info', 'warn', 'error'"},
		"a tag in the repository":   {"image.repository=example.com/manager:v1", "at '/image/repository'"},
		"a short digest":            {"image.digest=sha256:0123", "at '/image/digest'"},
		"a namespace in capitals":   {"watchNamespaces={Sales}", "at '/watchNamespaces/0'"},
		"a duration without a unit": {"observeInterval=30", "at '/observeInterval': got number, want string"},
		"an argument without dash":  {"extraArgs={log-level=debug}", "at '/extraArgs/0'"},
		"a variable without a name": {"extraEnv[0].value=1", "at '/extraEnv/0': missing property 'name'"},
		"the port of the probes":    {"metrics.port=8081", "at '/metrics/port'"},
		"a budget of 120 percent":   {"podDisruptionBudget.maxUnavailable=120%", "at '/podDisruptionBudget/maxUnavailable'"},
		"a negative budget":         {"podDisruptionBudget.minAvailable=-1", "at '/podDisruptionBudget/minAvailable'"},
		"a port that is none":       {"networkPolicy.egress.apiServerPorts={70000}", "at '/networkPolicy/egress/apiServerPorts/0': maximum"},
		"a mode that is not there":  {"podMonitor.renderMode=never", "at '/podMonitor/renderMode': value must be one of 'skipIfMissing', 'failIfMissing', 'alwaysRender'"},
		"a limit beside resources":  {"resources.memory=1Gi", "at '/resources': additional properties 'memory' not allowed"},

		"two managers that work at a time": {"replicaCount=2,leaderElection.enabled=false", "replicaCount: more than one replica needs leaderElection.enabled"},
		"nothing to scrape":                {"serviceMonitor.enabled=true,serviceMonitor.renderMode=alwaysRender,metrics.enabled=false", "serviceMonitor: there is nothing to scrape; set metrics.enabled and metrics.service.enabled"},
		"no such alert":                    {"prometheusRule.enabled=true,prometheusRule.renderMode=alwaysRender,prometheusRule.disabledAlerts={SuperOffice}", "prometheusRule.disabledAlerts: there is no alert SuperOffice, only SuperOfficeRequestsFail, "},
		"no Prometheus operator":           {"podMonitor.enabled=true,podMonitor.renderMode=failIfMissing", "podMonitor: this cluster does not know the kind PodMonitor of monitoring.coreos.com/v1; install the Prometheus operator first, or set renderMode to skipIfMissing"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := template(t, "--set="+c.set)
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want an error with %q", err, c.message)
			}
		})
	}
}
