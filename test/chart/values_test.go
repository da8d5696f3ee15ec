// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	deployment = "Deployment/op-superoffice-webhook-operator"
	pod        = "spec.template.spec."
	manager    = pod + "containers.0."
	definition = "CustomResourceDefinition/superofficewebhooks.webhooks.superoffice.dev"
	name       = "op-superoffice-webhook-operator"
)

// TestValues says what each value does. A path without a wish must lead nowhere.
func TestValues(t *testing.T) {
	t.Parallel()
	for title, c := range map[string]struct {
		set    []string
		object string
		want   map[string]any
	}{
		"image by tag": {
			[]string{"--set=image.repository=example.com/m,image.tag=v9,image.pullPolicy=Always"},
			deployment,
			map[string]any{manager + "image": "example.com/m:v9", manager + "imagePullPolicy": "Always"},
		},
		"images by digest": {
			[]string{"--set=image.digest=" + digest, "--set=receiver.image.digest=" + digest, "--set=receiver.image.tag=v9"},
			deployment,
			map[string]any{
				manager + "image":  "ghcr.io/superoffice-webhook/manager:v0.1.0@" + digest,
				manager + "args.0": "--receiver-image=ghcr.io/superoffice-webhook/receiver:v9@" + digest,
			},
		},
		"traces of the manager": {
			[]string{"--set=tracing.enabled=true,tracing.endpoint=http://otel:4318,tracing.samplingRatePerMillion=1000,metrics.enabled=false"},
			deployment,
			map[string]any{
				manager + "args.5": "--tracing",
				manager + "args.6": "--tracing-endpoint=http://otel:4318",
				manager + "args.7": "--tracing-sampling-rate-per-million=1000",
			},
		},
		"a registry for all images": {
			[]string{"--set=global.imageRegistry=mirror.example.com/proxy"},
			deployment,
			map[string]any{
				manager + "image":  "mirror.example.com/proxy/superoffice-webhook/manager:v0.1.0",
				manager + "args.0": "--receiver-image=mirror.example.com/proxy/superoffice-webhook/receiver:v0.1.0",
			},
		},
		"and that of the test": {
			[]string{"--set=global.imageRegistry=mirror.example.com"},
			"Job/" + "test-" + name,
			map[string]any{manager + "image": "mirror.example.com/superoffice-webhook/kubectl-superoffice:v0.1.0"},
		},
		"secrets for pulling images": {
			[]string{"--set=global.imagePullSecrets[0].name=everywhere,imagePullSecrets[0].name=here"},
			deployment,
			map[string]any{pod + "imagePullSecrets.0.name": "everywhere", pod + "imagePullSecrets.1.name": "here"},
		},
		"another name": {
			[]string{"--set=nameOverride=hooks"},
			"Deployment/op-hooks",
			map[string]any{
				`spec.selector.matchLabels.app\.kubernetes\.io/name`:      "hooks",
				`spec.selector.matchLabels.app\.kubernetes\.io/component`: nil,
				`metadata.labels.app\.kubernetes\.io/component`:           "manager",
				`metadata.labels.app\.kubernetes\.io/part-of`:             "superoffice-webhook-operator",
			},
		},
		"a whole name": {
			[]string{"--set=fullnameOverride=hooks"},
			"Deployment/hooks",
			map[string]any{pod + "serviceAccountName": "hooks"},
		},
		"another namespace": {
			[]string{"--set=namespaceOverride=elsewhere"}, "Deployment/elsewhere/" + name, nil,
		},
		"another namespace, for the subject of bindings": {
			[]string{"--set=namespaceOverride=elsewhere"},
			"ClusterRoleBinding/" + name,
			map[string]any{"subjects.0.namespace": "elsewhere"},
		},
		"labels for all objects, pods included": {
			[]string{"--set=commonLabels.team=crm,podLabels.tier=back"},
			deployment,
			map[string]any{
				"metadata.labels.team": "crm", "metadata.labels.tier": nil, "spec.template.metadata.labels.team": "crm",
				"spec.template.metadata.labels.tier": "back", "spec.selector.matchLabels.team": nil,
			},
		},
		"labels that the chart has, too": {
			[]string{`--set=commonLabels.app\.kubernetes\.io/part-of=platform,commonLabels.app\.kubernetes\.io/component=mine,commonLabels.app\.kubernetes\.io/name=mine`},
			deployment,
			map[string]any{
				`metadata.labels.app\.kubernetes\.io/part-of`:   "platform",
				`metadata.labels.app\.kubernetes\.io/component`: "manager",
				`metadata.labels.app\.kubernetes\.io/name`:      "superoffice-webhook-operator", // by which the Deployment knows its pods
			},
		},
		"labels of one object before those of all": {
			[]string{monitored, "--set=serviceMonitor.enabled=true,serviceMonitor.labels.release=here,commonLabels.release=there"},
			"ServiceMonitor/" + name,
			map[string]any{"metadata.labels.release": "here"},
		},
		"labels and annotations of pods that the chart has, too": {
			[]string{`--set=podLabels.app\.kubernetes\.io/instance=mine,podAnnotations.kubectl\.kubernetes\.io/default-container=proxy`},
			deployment,
			map[string]any{
				`spec.template.metadata.labels.app\.kubernetes\.io/instance`:                   "op",
				`spec.template.metadata.annotations.kubectl\.kubernetes\.io/default-container`: "proxy",
			},
		},
		"secrets for pulling the receiver of the test": {
			[]string{"--set=imagePullSecrets[0].name=here"},
			"SuperOfficeWebhook/test-" + name,
			map[string]any{"spec.receiver.imagePullSecrets.0.name": "here"},
		},
		"a definition that goes at uninstallation": {
			[]string{"--set=crds.keep=false,crds.annotations.note=yes"},
			definition,
			map[string]any{`metadata.annotations.helm\.sh/resource-policy`: nil, "metadata.annotations.note": "yes"},
		},
		"a definition that stays, by default": {
			nil, definition,
			map[string]any{`metadata.annotations.helm\.sh/resource-policy`: "keep"},
		},
		"flags": {
			[]string{"--set=replicaCount=2,observeInterval=1m,logLevel=debug,watchNamespaces={a,b,a},metrics.port=9090,extraArgs={--x=1}"},
			deployment,
			map[string]any{
				"spec.replicas": 2.0, manager + "args.1": "--leader-elect", manager + "args.2": "--observe-interval=1m",
				manager + "args.3": "--log-level=debug", manager + "args.4": "--watch-namespaces=a,b",
				manager + "args.5": "--metrics-bind-address=:9090", manager + "args.6": "--x=1", manager + "args.7": nil,
				manager + "ports.0.containerPort": 9090.0,
			},
		},
		"no metrics": {
			[]string{"--set=metrics.enabled=false"},
			deployment,
			map[string]any{manager + "args.4": "--metrics-bind-address=0", manager + "ports.0.name": "probes"},
		},
		"a ServiceAccount of one's own": {
			[]string{"--set=serviceAccount.create=false,serviceAccount.name=mine"},
			deployment,
			map[string]any{pod + "serviceAccountName": "mine"},
		},
		"a Role in a namespace to manage": {
			[]string{"--set=watchNamespaces={sales}"},
			"RoleBinding/sales/" + name + "-manage",
			map[string]any{
				"roleRef.kind": "Role", "roleRef.name": name + "-manage",
				"subjects.0.name": name, "subjects.0.namespace": "operators",
			},
		},
		"annotations": {
			[]string{"--set=deploymentAnnotations.a=1,podAnnotations.b=2", "--set-string=deploymentAnnotations.a=1,podAnnotations.b=2"},
			deployment,
			map[string]any{"metadata.annotations.a": "1", "spec.template.metadata.annotations.b": "2"},
		},
		"where the manager runs": {
			[]string{
				"--set=nodeSelector.disk=fast,tolerations[0].key=infra,priorityClassName=high,topologySpreadConstraints[0].maxSkew=1",
				"--set=affinity.nodeAffinity.x=y",
			},
			deployment,
			map[string]any{
				pod + "nodeSelector.disk": "fast", pod + "tolerations.0.key": "infra", pod + "priorityClassName": "high",
				pod + "topologySpreadConstraints.0.maxSkew": 1.0, pod + "affinity.nodeAffinity.x": "y",
			},
		},
		"environment and volumes": {
			[]string{"--set=extraEnv[0].name=A,extraVolumes[0].name=v,extraVolumeMounts[0].name=v,extraVolumeMounts[0].mountPath=/v"},
			deployment,
			map[string]any{manager + "env.0.name": "A", pod + "volumes.0.name": "v", manager + "volumeMounts.0.mountPath": "/v"},
		},
		"a ServiceMonitor": {
			[]string{"--set=serviceMonitor.enabled=true,serviceMonitor.interval=15s,serviceMonitor.scrapeTimeout=5s,serviceMonitor.labels.release=p", "--set=serviceMonitor.relabelings[0].action=keep,serviceMonitor.metricRelabelings[0].action=drop"},
			"ServiceMonitor/" + name,
			map[string]any{
				"metadata.labels.release": "p", "spec.endpoints.0.port": "metrics", "spec.endpoints.0.interval": "15s",
				"spec.endpoints.0.scrapeTimeout": "5s", "spec.endpoints.0.relabelings.0.action": "keep",
				"spec.endpoints.0.metricRelabelings.0.action": "drop",
			},
		},
		"a PodMonitor for receivers everywhere": {
			[]string{"--set=podMonitor.enabled=true,podMonitor.relabelings[0].action=keep"},
			"PodMonitor/" + name + "-receivers",
			map[string]any{
				"spec.namespaceSelector.any": true, "spec.podMetricsEndpoints.0.port": "admin",
				"spec.podMetricsEndpoints.0.relabelings.0.targetLabel": "webhook",
				"spec.podMetricsEndpoints.0.relabelings.1.action":      "keep",
			},
		},
		"a PodMonitor for receivers in some namespaces": {
			[]string{"--set=podMonitor.enabled=true,watchNamespaces={a,b}"},
			"PodMonitor/" + name + "-receivers",
			map[string]any{"spec.namespaceSelector.any": nil, "spec.namespaceSelector.matchNames.1": "b"},
		},
		"alerts": {
			[]string{"--set=prometheusRule.enabled=true,prometheusRule.alertLabels.team=crm,prometheusRule.disabledAlerts={SuperOfficeRequestsFail}"},
			"PrometheusRule/" + name,
			map[string]any{
				"spec.groups.0.rules.0.alert": "SuperOfficeSecretDiffers", "spec.groups.0.rules.0.labels.team": "crm",
				"spec.groups.0.rules.0.labels.severity": "critical",
			},
		},
		"dashboards": {
			[]string{"--set=grafanaDashboard.enabled=true,grafanaDashboard.annotations.grafana_folder=CRM"},
			"ConfigMap/" + name + "-dashboards",
			map[string]any{
				"metadata.labels.grafana_dashboard": "1", "metadata.annotations.grafana_folder": "CRM",
				`data.superoffice-fleet\.json`: read(t, "monitoring/dashboards/fleet.json"),
			},
		},
		"a NetworkPolicy": {
			[]string{"--set=networkPolicy.enabled=true,networkPolicy.metricsFrom[0].podSelector.matchLabels.a=b"},
			"NetworkPolicy/" + name,
			map[string]any{
				"spec.policyTypes.0": "Ingress", "spec.policyTypes.1": nil, "spec.egress": nil,
				"spec.ingress.0.ports.0.port": "metrics", "spec.ingress.0.from.0.podSelector.matchLabels.a": "b",
			},
		},
		"a NetworkPolicy for what goes out, too": {
			[]string{"--set=networkPolicy.enabled=true,networkPolicy.egress.enabled=true,networkPolicy.egress.apiServerPorts={8443},metrics.enabled=false"},
			"NetworkPolicy/" + name,
			map[string]any{
				"spec.policyTypes.1": "Egress", "spec.egress.1.ports.0.port": 8443.0, "spec.egress.2.ports.0.port": 8081.0,
				"spec.ingress": nil,
			},
		},
		"a PodDisruptionBudget": {
			[]string{"--set=podDisruptionBudget.enabled=true"},
			"PodDisruptionBudget/" + name,
			map[string]any{"spec.maxUnavailable": 1.0, "spec.minAvailable": nil},
		},
		"a PodDisruptionBudget by what must stay": {
			[]string{"--set=podDisruptionBudget.enabled=true,podDisruptionBudget.minAvailable=50%"},
			"PodDisruptionBudget/" + name,
			map[string]any{"spec.maxUnavailable": nil, "spec.minAvailable": "50%"},
		},
		"a PodDisruptionBudget that keeps none": {
			[]string{"--set=podDisruptionBudget.enabled=true,podDisruptionBudget.minAvailable=0"},
			"PodDisruptionBudget/" + name,
			map[string]any{"spec.maxUnavailable": nil, "spec.minAvailable": 0.0},
		},
		"an object more, which is a template": {
			[]string{"--set=extraObjects[0].kind=ConfigMap,extraObjects[0].metadata.name=more-{{ .Release.Name }}"}, "ConfigMap/more-op", nil,
		},
		"a test in a namespace that is managed": {
			[]string{"--set=watchNamespaces={sales}"}, "SuperOfficeWebhook/sales/" + "test-" + name, nil,
		},
		"variables for the test": {
			[]string{"--set=test.env[0].name=HTTP_PROXY"},
			"Job/" + "test-" + name,
			map[string]any{manager + "env.0.name": "SECRET", manager + "env.1.name": "HTTP_PROXY"},
		},
		"a test whose webhook can have its name": {
			[]string{"--set=fullnameOverride=023456789-123456789-123456789-123456789-123456789-12345"},
			"SuperOfficeWebhook/test-023456789-123456789-123456789-123456789-1234567", nil,
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			all := objects(t, append(c.set, monitored)...)
			if all[c.object] == nil {
				t.Fatalf("there is no %s among\n%v", c.object, slices.Sorted(maps.Keys(all)))
			}
			for path, want := range c.want {
				if diff := cmp.Diff(want, at(all[c.object], path)); diff != "" {
					t.Errorf("%s (-want +got)\n%s", path, diff)
				}
			}
		})
	}
}

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// TestOff says which values leave objects out.
func TestOff(t *testing.T) {
	t.Parallel()
	for set, absent := range map[string][]string{
		"crds.enabled=false":            {definition},
		"serviceAccount.create=false":   {"ServiceAccount/" + name},
		"rbac.create=false":             {"ClusterRole/" + name, "ClusterRoleBinding/" + name, "Role/" + name, "RoleBinding/" + name},
		"watchNamespaces={sales}":       {"ClusterRole/" + name, "ClusterRoleBinding/" + name},
		"metrics.enabled=false":         {"Service/" + name + "-metrics"},
		"metrics.service.enabled=false": {"Service/" + name + "-metrics"},
		"test.enabled=false":            {"Job/" + "test-" + name, "Secret/" + "test-" + name, "SuperOfficeWebhook/" + "test-" + name},
		"rbac.aggregateToView=false,rbac.aggregateToEdit=false,rbac.aggregateToAdmin=false": {
			"ClusterRole/" + name + "-view", "ClusterRole/" + name + "-edit",
		},
	} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			want := objects(t)
			got := objects(t, "--set="+set)
			for _, key := range absent {
				if want[key] == nil || got[key] != nil {
					t.Errorf("%s: there by default: %t, and with the value: %t", key, want[key] != nil, got[key] != nil)
				}
			}
		})
	}
}

// Objects that the cluster does not know would make an installation fail.
func TestObjectsOfThePrometheusOperatorDependOnTheCluster(t *testing.T) {
	t.Parallel()
	for value, object := range map[string]string{
		"serviceMonitor": "ServiceMonitor/" + name,
		"podMonitor":     "PodMonitor/" + name + "-receivers",
		"prometheusRule": "PrometheusRule/" + name,
	} {
		for _, c := range []struct {
			args    []string
			present bool
		}{
			{[]string{monitored}, false},
			{[]string{"--set=" + value + ".enabled=true"}, false},
			{[]string{"--set=" + value + ".enabled=true", monitored}, true},
			{[]string{"--set=" + value + ".enabled=true," + value + ".renderMode=alwaysRender"}, true},
			{[]string{"--set=" + value + ".enabled=true," + value + ".renderMode=failIfMissing", monitored}, true},
		} {
			if got := objects(t, c.args...)[object] != nil; got != c.present {
				t.Errorf("%v: the %s is there: %t", c.args, object, got)
			}
		}
	}
}

// TestSchemaKnowsEachValue, and no others.
func TestSchemaKnowsEachValue(t *testing.T) {
	t.Parallel()
	var schema object
	if err := json.Unmarshal([]byte(read(t, chart, "values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	same(t, schema, values(t), "")
}

func same(t *testing.T, schema, values object, prefix string) {
	t.Helper()
	properties, _ := schema["properties"].(object)
	known, there := slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(values))
	if diff := cmp.Diff(known, there); diff != "" {
		t.Errorf("below %q (-schema +values)\n%s", prefix, diff)
	}
	if schema["additionalProperties"] != false && prefix != "global." {
		t.Errorf("below %q the schema lets anything in", prefix)
	}
	for key, value := range values {
		inner, _ := properties[key].(object)
		if group, isMap := value.(object); isMap && inner["properties"] != nil && key != "resources" && key != "affinity" {
			same(t, inner, group, prefix+key+".")
		}
	}
}
