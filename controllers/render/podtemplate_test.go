// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// templated is the least of a resource with a podTemplate, in YAML.
func templated(t *testing.T, podTemplate string) *v1alpha1.SuperOfficeWebhook {
	t.Helper()
	w := load(t, cases["minimal"])
	data, err := yaml.YAMLToJSON([]byte(podTemplate))
	if err != nil {
		t.Fatal(err)
	}
	w.Spec.Receiver.PodTemplate = &runtime.RawExtension{Raw: data}
	return w
}

func TestPodTemplateIsRefused(t *testing.T) {
	const (
		at         = "spec.receiver.podTemplate."
		restricted = "spec.receiver.podTemplate: goes beyond the restricted pod security standard, which the operator allows only with --allow-unrestricted-pod-templates: "
		sidecar    = "name: a, image: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}"
	)
	for _, c := range []struct {
		name, template string
		message        string
		// always says that no flag allows it.
		always bool
	}{
		{"a misspelt field", "{spec: {containers: [{name: receiver, imagee: a}]}}", `spec.receiver.podTemplate: unknown field "spec.containers[0].imagee"`, true},
		{"a number for a name", "{spec: {priorityClassName: 1}}", "spec.receiver.podTemplate: json: cannot unmarshal number into Go struct field PodSpec.spec.priorityClassName of type string", true},
		{"a directive of a patch", "{spec: {$patch: replace}}", `spec.receiver.podTemplate: unknown field "spec.$patch"`, true},
		{"a container without a name", "{spec: {containers: [{image: a}]}}", "spec.receiver.podTemplate: map: map[image:a] does not contain declared merge key: name", true},
		{"a name", "{metadata: {name: crm}}", at + "metadata: has nothing but labels and annotations", true},
		{"a finalizer", "{metadata: {finalizers: [a/b]}}", at + "metadata: has nothing but labels and annotations", true},
		{"a label of the selector", "{metadata: {labels: {app.kubernetes.io/name: other}}}", at + "metadata.labels[app.kubernetes.io/name]: is set by the operator", true},
		{"a label that the cache needs", "{metadata: {labels: {app.kubernetes.io/managed-by: other}}}", at + "metadata.labels[app.kubernetes.io/managed-by]: is set by the operator", true},
		{"a label of the operator's", "{metadata: {labels: {webhooks.superoffice.dev/x: other}}}", at + "metadata.labels[webhooks.superoffice.dev/x]: is set by the operator", true},
		{"an annotation of the operator's", "{metadata: {annotations: {webhooks.superoffice.dev/queue: other}}}", at + "metadata.annotations[webhooks.superoffice.dev/queue]: is set by the operator", true},
		{"an image", "{spec: {containers: [{name: receiver, image: a}]}}", at + "spec.containers[0].image: set spec.receiver.image instead", true},
		{"resources", "{spec: {containers: [{name: receiver, resources: {limits: {cpu: 1}}}]}}", at + "spec.containers[0].resources: set spec.receiver.resources instead", true},
		{"arguments", "{spec: {containers: [{name: receiver, args: [--config=a]}]}}", at + "spec.containers[0].args: is set by the operator", true},
		{"a command", "{spec: {containers: [{" + sidecar + "}, {name: receiver, command: [sh]}]}}", at + "spec.containers[1].command: is set by the operator", true},
		{"ports", "{spec: {containers: [{name: receiver, ports: [{containerPort: 9999}]}]}}", at + "spec.containers[0].ports: is set by the operator", true},
		{"a probe", "{spec: {containers: [{name: receiver, readinessProbe: {exec: {command: [sh]}}}]}}", at + "spec.containers[0].readinessProbe: is set by the operator", true},
		{"a hook", "{spec: {containers: [{name: receiver, lifecycle: {preStop: {sleep: {seconds: 60}}}}]}}", at + "spec.containers[0].lifecycle: is set by the operator", true},
		{"another place to listen", "{spec: {containers: [{name: receiver, env: [{name: BIND_ADDRESS, value: 127.0.0.1}]}]}}", at + "spec.containers[0].env[0]: BIND_ADDRESS decides where the receiver listens", true},
		{"another configuration", "{spec: {containers: [{name: receiver, volumeMounts: [{name: a, mountPath: /etc/superoffice-webhook}]}]}}", at + "spec.containers[0].volumeMounts[0].mountPath: /etc/superoffice-webhook belongs to the operator", true},
		{"another secret, in a roundabout way", "{spec: {containers: [{name: receiver, volumeMounts: [{name: a, mountPath: /etc/x/../superoffice-webhook/secrets/}]}]}}", "belongs to the operator", true},
		{"the volume of the configuration", "{spec: {volumes: [{name: config, emptyDir: {}}]}}", at + "spec.volumes[0].name: config is a volume of the operator's", true},
		{"the volume of the queue", "{spec: {volumes: [{name: data, emptyDir: {}}]}}", at + "spec.volumes[0].name: data is a volume of the operator's", true},
		{"too short a time to end", "{spec: {terminationGracePeriodSeconds: 30}}", at + "spec.terminationGracePeriodSeconds: must be 105 at least", true},
		{"a variable twice", "{spec: {containers: [{name: receiver, env: [{name: A}, {name: B}, {name: A}]}]}}", at + `spec.containers[0].env[2]: name "A" stands there twice`, true},
		{"a container twice", "{spec: {containers: [{" + sidecar + "}, {" + sidecar + "}]}}", at + `spec.containers[1]: name "a" stands there twice`, true},
		{"a port twice", "{spec: {containers: [{" + sidecar + ", ports: [{containerPort: 53}, {containerPort: 53, protocol: TCP}]}]}}", at + `spec.containers[0].ports[1]: containerPort "53/TCP" stands there twice`, true},
		{"a mount twice", "{spec: {initContainers: [{" + sidecar + ", volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /a}]}]}}", at + `spec.initContainers[0].volumeMounts[1]: mountPath "/a" stands there twice`, true},
		{"Windows", "{spec: {os: {name: windows}}}", at + "spec.os: cannot be set", true},

		{"another ServiceAccount", "{spec: {serviceAccountName: admin}}", at + "spec.serviceAccountName: cannot be set: the pods must not act as a ServiceAccount", false},
		{"another ServiceAccount by its former name", "{spec: {serviceAccount: admin}}", at + "spec.serviceAccount: cannot be set", false},
		{"a token", "{spec: {automountServiceAccountToken: true}}", at + "spec.automountServiceAccountToken: cannot be set", false},
		{"a token in a volume", "{spec: {volumes: [{name: token, projected: {sources: [{serviceAccountToken: {path: token}}]}}]}}", at + "spec.volumes[0].projected.sources[0].serviceAccountToken: cannot be set", false},
		{"a certificate in a volume", "{spec: {volumes: [{name: c, projected: {sources: [{podCertificate: {signerName: a/b, keyType: ED25519}}]}}]}}", at + "spec.volumes[0].projected.sources[0].podCertificate: cannot be set", false},
		{"the host's network", "{spec: {hostNetwork: true}}", restricted + "host namespaces (hostNetwork=true)", false},
		{"the host's processes", "{spec: {hostPID: true, hostIPC: true}}", "host namespaces (hostPID=true, hostIPC=true)", false},
		{"a folder of the host", "{spec: {volumes: [{name: etc, hostPath: {path: /etc}}]}}", `restricted volume types (volume "etc" uses restricted volume type "hostPath")`, false},
		{"a port of the host", "{spec: {containers: [{" + sidecar + ", ports: [{containerPort: 80, hostPort: 80}]}]}}", `hostPort (container "a" uses hostPort 80)`, false},
		{"a privileged container", "{spec: {containers: [{name: receiver, securityContext: {privileged: true, allowPrivilegeEscalation: true}}]}}", `privileged (container "receiver" must not set securityContext.privileged=true)`, false},
		{"a privileged container before the others", "{spec: {initContainers: [{name: a, image: a, securityContext: {privileged: true}}]}}", `container "a" must not set securityContext.privileged=true`, false},
		{"a capability", "{spec: {containers: [{name: receiver, securityContext: {capabilities: {add: [NET_ADMIN]}}}]}}", `container "receiver" must not include "NET_ADMIN" in securityContext.capabilities.add`, false},
		{"root", "{spec: {securityContext: {runAsUser: 0}}}", "pod must not set runAsUser=0", false},
		{"that nobody be kept from being root", "{spec: {securityContext: {runAsNonRoot: false}}}", "pod must not set securityContext.runAsNonRoot=false", false},
		{"no seccomp profile", "{spec: {securityContext: {seccompProfile: {type: Unconfined}}}}", `pod must not set securityContext.seccompProfile.type to "Unconfined"`, false},
		{"a sidecar that says nothing about its rights", "{spec: {containers: [{name: a, image: a}]}}", `container "a" must set securityContext.allowPrivilegeEscalation=false`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := templated(t, c.template)
			_, err := render.Webhook(w, options, nil, render.Live{})
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got  %v\nwant …%s…", err, c.message)
			}
			unrestricted := options
			unrestricted.UnrestrictedPodTemplates = true
			if _, err := render.Webhook(w, unrestricted, nil, render.Live{}); (err != nil) != c.always {
				t.Errorf("with the flag: %v", err)
			}
		})
	}
}

func TestPodTemplateLeavesTimeForTheShutdownDelay(t *testing.T) {
	w := templated(t, "{spec: {terminationGracePeriodSeconds: 179}}")
	w.Spec.Receiver.ShutdownDelay = "90s"
	if _, err := render.Webhook(w, options, nil, render.Live{}); err == nil || !strings.Contains(err.Error(), "must be 180 at least") {
		t.Errorf("got %v", err)
	}
}

func TestPodTemplateIsMerged(t *testing.T) {
	const strict = "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}"
	for _, c := range []struct {
		name, template string
		is             func(core.PodTemplateSpec) bool
	}{
		{"nothing of it", "{}", func(p core.PodTemplateSpec) bool { return len(p.Annotations) == 0 && len(p.Spec.Containers) == 1 }},
		{"what is null is not said", "{metadata: null, spec: {containers: null, volumes: null, securityContext: {runAsNonRoot: null}}}", func(p core.PodTemplateSpec) bool {
			return len(p.Spec.Containers) == 1 && len(p.Spec.Volumes) == 2 && *p.Spec.SecurityContext.RunAsNonRoot
		}},
		{"a variable of the receiver", "{spec: {containers: [{name: receiver, env: [{name: GOMEMLIMIT, value: 400MiB}]}]}}", func(p core.PodTemplateSpec) bool {
			c := p.Spec.Containers[0]
			return len(p.Spec.Containers) == 1 && c.Env[0].Value == "400MiB" && len(c.Args) > 0 && c.Image != "" && c.ReadinessProbe != nil
		}},
		{"others stand behind the receiver", "{spec: {containers: [{name: a, image: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}", func(p core.PodTemplateSpec) bool {
			return len(p.Spec.Containers) == 2 && p.Spec.Containers[0].Name == "receiver" && p.Annotations["kubectl.kubernetes.io/default-container"] == "receiver"
		}},
		{"a mount above the operator's", "{spec: {volumes: [{name: a, emptyDir: {}}], containers: [{name: receiver, volumeMounts: [{name: a, mountPath: /etc/superoffice}]}]}}", func(p core.PodTemplateSpec) bool {
			return len(p.Spec.Containers[0].VolumeMounts) == 3
		}},
		{"a port for two protocols", "{spec: {containers: [{name: dns, image: a, ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}], securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}", func(p core.PodTemplateSpec) bool {
			return len(p.Spec.Containers[1].Ports) == 2
		}},
		{"the protocol of a port is said aloud", "{spec: {initContainers: [{name: a, image: a, ports: [{containerPort: 1}], " + strict + "}], containers: [{name: b, image: b, ports: [{containerPort: 2}, {containerPort: 2, protocol: UDP}], " + strict + "}]}}", func(p core.PodTemplateSpec) bool {
			ports := slices.Concat(p.Spec.InitContainers[0].Ports, p.Spec.Containers[1].Ports)
			return slices.Equal(ports, []core.ContainerPort{{ContainerPort: 1, Protocol: "TCP"}, {ContainerPort: 2, Protocol: "TCP"}, {ContainerPort: 2, Protocol: "UDP"}})
		}},
		{"a stricter security context", "{spec: {securityContext: {runAsUser: 65532, fsGroup: 65532}}}", func(p core.PodTemplateSpec) bool {
			s := p.Spec.SecurityContext
			return *s.RunAsUser == 65532 && *s.RunAsNonRoot && s.SeccompProfile.Type == core.SeccompProfileTypeRuntimeDefault
		}},
		{"a longer time to end", "{spec: {terminationGracePeriodSeconds: 300}}", func(p core.PodTemplateSpec) bool { return *p.Spec.TerminationGracePeriodSeconds == 300 }},
		{"just the time that a pod takes to end", "{spec: {terminationGracePeriodSeconds: 105}}", func(p core.PodTemplateSpec) bool { return *p.Spec.TerminationGracePeriodSeconds == 105 }},
		{"one more place to spread over", "{spec: {topologySpreadConstraints: [{topologyKey: rack, maxSkew: 2, whenUnsatisfiable: DoNotSchedule}]}}", func(p core.PodTemplateSpec) bool {
			return len(p.Spec.TopologySpreadConstraints) == 3
		}},
		{"a pull secret", "{spec: {imagePullSecrets: [{name: other}]}}", func(p core.PodTemplateSpec) bool {
			return slices.Contains(p.Spec.ImagePullSecrets, core.LocalObjectReference{Name: "other"})
		}},
		{"no token, said aloud", "{spec: {automountServiceAccountToken: false}}", func(p core.PodTemplateSpec) bool { return !*p.Spec.AutomountServiceAccountToken }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if template := renderAll(t, templated(t, c.template)).deployment.Spec.Template; !c.is(template) {
				t.Errorf("the template is %+v", template)
			}
		})
	}
}
