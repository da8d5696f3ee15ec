// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"fmt"
	"net"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apiresource "k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
	"github.com/superoffice-webhook/operator/receiver/config"
)

func TestEveryObjectBelongsToItsResource(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		r := renderAll(t, w)
		yes := true
		owner := []meta.OwnerReference{{
			APIVersion: "webhooks.superoffice.dev/v1alpha1", Kind: "SuperOfficeWebhook", Name: w.Name, UID: w.UID,
			Controller: &yes, BlockOwnerDeletion: &yes,
		}}
		wanted := map[string]string{
			"app.kubernetes.io/name":           "superoffice-webhook-receiver",
			"app.kubernetes.io/component":      "receiver",
			"app.kubernetes.io/part-of":        "superoffice-webhook-operator",
			"app.kubernetes.io/managed-by":     "superoffice-webhook-operator",
			"app.kubernetes.io/version":        "v0.1.0",
			"webhooks.superoffice.dev/webhook": w.Name,
		}
		objects := map[string]meta.Object{
			"ServiceAccount": &r.serviceAccount, "ConfigMap": &r.configMap, "Service": &r.service,
			"PodDisruptionBudget": &r.budget, "Deployment": &r.deployment,
		}
		annotations := map[string]v1alpha1.Annotations{"Service": w.Spec.Exposure.Service.Annotations}
		if r.Ingress != nil {
			objects["Ingress"], annotations["Ingress"] = &r.ingress, w.Spec.Exposure.Ingress.Annotations
		}
		if r.HTTPRoute != nil {
			objects["HTTPRoute"] = &r.route
		}
		for kind, o := range objects {
			if o.GetNamespace() != w.Namespace || o.GetName() != render.Name(w) {
				t.Errorf("%s is %s/%s", kind, o.GetNamespace(), o.GetName())
			}
			if diff := cmp.Diff(owner, o.GetOwnerReferences()); diff != "" {
				t.Errorf("%s has another owner (-want +got)\n%s", kind, diff)
			}
			if diff := cmp.Diff(wanted, o.GetLabels()); diff != "" {
				t.Errorf("%s has other labels (-want +got)\n%s", kind, diff)
			}
			if diff := cmp.Diff(map[string]string(annotations[kind]), o.GetAnnotations()); diff != "" {
				t.Errorf("%s has other annotations (-want +got)\n%s", kind, diff)
			}
		}
	})
}

// TestPodsAreSelected holds what other objects find pods by. Of a Deployment it can never be changed.
func TestPodsAreSelected(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		r := renderAll(t, w)
		want := map[string]string{"app.kubernetes.io/name": "superoffice-webhook-receiver", "webhooks.superoffice.dev/webhook": w.Name}
		for by, selector := range map[string]map[string]string{
			"Deployment": r.deployment.Spec.Selector.MatchLabels, "PodDisruptionBudget": r.budget.Spec.Selector.MatchLabels,
			"Service": r.service.Spec.Selector, "operator": render.Selector(w),
		} {
			if diff := cmp.Diff(want, selector); diff != "" {
				t.Errorf("by the %s (-want +got)\n%s", by, diff)
			}
		}
		pod := labels.Set(r.deployment.Spec.Template.Labels)
		if !labels.SelectorFromSet(want).Matches(pod) {
			t.Errorf("pods have the labels %v", pod)
		}
		if got := pod[render.LabelManagedBy]; got != render.ManagedBy {
			t.Errorf("the operator's cache does not hold pods that are managed by %q", got)
		}
	})
}

// TestPodsAreRestricted goes through https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted.
func TestPodsAreRestricted(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Receiver.PodTemplate = nil // what may stand there is a matter of its own
		pod := renderAll(t, w).deployment.Spec.Template.Spec
		yes, no := true, false
		wantPod := &core.PodSecurityContext{RunAsNonRoot: &yes, SeccompProfile: &core.SeccompProfile{Type: core.SeccompProfileTypeRuntimeDefault}}
		// Which group may write to a claimed volume is no matter of rights, see TestClaimedVolumeIsWritable.
		pod.SecurityContext.FSGroup, pod.SecurityContext.FSGroupChangePolicy = nil, nil
		if diff := cmp.Diff(wantPod, pod.SecurityContext); diff != "" {
			t.Errorf("pod (-want +got)\n%s", diff)
		}
		wantContainer := &core.SecurityContext{
			AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
			Capabilities: &core.Capabilities{Drop: []core.Capability{"ALL"}},
		}
		if len(pod.Containers) != 1 || len(pod.InitContainers)+len(pod.EphemeralContainers) > 0 {
			t.Fatalf("there are other containers than one: %+v", pod)
		}
		c := pod.Containers[0]
		if diff := cmp.Diff(wantContainer, c.SecurityContext); diff != "" {
			t.Errorf("container (-want +got)\n%s", diff)
		}
		if pod.HostNetwork || pod.HostPID || pod.HostIPC || pod.HostUsers != nil {
			t.Error("pods share what is the host's")
		}
		for _, p := range c.Ports {
			if p.HostPort != 0 || p.HostIP != "" {
				t.Errorf("port %s is taken of the host", p.Name)
			}
		}
		for _, p := range []*core.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
			if p.HTTPGet.Host != "" {
				t.Errorf("a probe asks %s", p.HTTPGet.Host)
			}
		}
		for _, v := range pod.Volumes {
			if v.Projected == nil && v.EmptyDir == nil && v.PersistentVolumeClaim == nil {
				t.Errorf("volume %s is neither projected nor an emptyDir nor claimed", v.Name)
			}
		}
		if token := pod.AutomountServiceAccountToken; token == nil || *token {
			t.Error("pods have a token of the API server")
		}
		if len(c.Env)+len(c.EnvFrom) > 0 {
			t.Errorf("something is in the environment: %v %v", c.Env, c.EnvFrom)
		}
	})
}

func TestReceiversFindWhatTheirConfigurationNames(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		r := renderAll(t, w)
		c := receiverConfig(t, r)
		pod := r.deployment.Spec.Template.Spec
		files := projected(t, pod, r.configMap.Name)

		if got := config.Hash([]byte(r.configMap.Data["receiver.yaml"])); got != r.ConfigHash {
			t.Errorf("the hash is %s, want that of the file, %s", r.ConfigHash, got)
		}
		for _, s := range c.Intake.Secrets {
			optional, there := files[s.File]
			if !there || optional != s.Optional {
				t.Errorf("secret %s: the file %s is there: %t, optional: %t", s.Name, s.File, there, optional)
			}
			delete(files, s.File)
		}
		named := []string{"receiver.yaml"}
		text, err := c.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		named = append(named, regexp.MustCompile(`secrets/(sinks|intake)/\S+`).FindAllString(string(text), -1)...)
		for _, file := range named {
			// Only some Secrets of cert-manager's hold who signed.
			if optional, there := files[file]; !there || optional != strings.HasSuffix(file, "intake/ca.crt") {
				t.Errorf("the file %s is there: %t, optional: %t", file, there, optional)
			}
		}
		for file := range files {
			if !slices.Contains(named, file) {
				t.Errorf("nobody asked for the file %s", file)
			}
		}
		mounted := map[string]string{}
		for _, m := range pod.Containers[0].VolumeMounts {
			mounted[m.Name] = m.MountPath
		}
		folders := map[string]string{"--config": path.Join(mounted["config"], "receiver.yaml"), "--data-dir": mounted["data"]}
		if c.Queue.JetStream != nil { // which leaves the directory alone
			delete(folders, "--data-dir")
			if len(pod.Volumes) != 1 {
				t.Errorf("%d volumes, want the configuration alone", len(pod.Volumes))
			}
		}
		for flag, want := range folders {
			if got := argument(pod, flag); got != want {
				t.Errorf("%s=%s, want %s", flag, got, want)
			}
		}
	})
}

// projected maps the files of the configuration's volume to whether they may be absent.
func projected(t *testing.T, pod core.PodSpec, configMap string) map[string]bool {
	t.Helper()
	files := map[string]bool{}
	add := func(items []core.KeyToPath, optional *bool) {
		for _, i := range items {
			if _, taken := files[i.Path]; taken {
				t.Errorf("the file %s is made twice", i.Path)
			}
			files[i.Path] = optional != nil && *optional
		}
	}
	for _, v := range pod.Volumes {
		if v.Name != "config" {
			continue
		}
		for _, s := range v.Projected.Sources {
			if s.Secret != nil {
				add(s.Secret.Items, s.Secret.Optional)
			}
			if s.ConfigMap != nil && s.ConfigMap.Name == configMap {
				add(s.ConfigMap.Items, s.ConfigMap.Optional)
			}
		}
	}
	return files
}

func argument(pod core.PodSpec, flag string) string {
	for _, a := range pod.Containers[0].Args {
		if value, ok := strings.CutPrefix(a, flag+"="); ok {
			return value
		}
	}
	return ""
}

func TestPortsFitTogether(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		r := renderAll(t, w)
		c, container := receiverConfig(t, r), r.deployment.Spec.Template.Spec.Containers[0]
		ports := map[string]string{}
		for _, p := range container.Ports {
			ports[p.Name] = fmt.Sprintf(":%d", p.ContainerPort)
		}
		s := r.service.Spec
		if len(s.Ports) != 1 || ports[s.Ports[0].TargetPort.StrVal] != c.Intake.Address {
			t.Errorf("the Service leads to %+v, events are accepted at %s", s.Ports, c.Intake.Address)
		}
		for _, p := range []*core.Probe{container.StartupProbe, container.ReadinessProbe, container.LivenessProbe} {
			if ports[p.HTTPGet.Port.StrVal] != c.Admin.Address {
				t.Errorf("a probe asks port %s, probes are answered at %s", p.HTTPGet.Port.StrVal, c.Admin.Address)
			}
		}
		if got := net.JoinHostPort("", fmt.Sprint(render.AdminPort)); got != c.Admin.Address {
			t.Errorf("the operator asks %s, status is told at %s", got, c.Admin.Address)
		}
		scheme, port := "http", int32(80)
		if c.Intake.TLS != nil {
			scheme, port = "https", 443
		}
		if p := s.Ports[0]; p.Port != port || *p.AppProtocol != scheme {
			t.Errorf("the Service has %s at port %d, want %s at %d", *p.AppProtocol, p.Port, scheme, port)
		}
		want := fmt.Sprintf("%s://%s.%s.svc%s", scheme, r.service.Name, r.service.Namespace, c.Intake.Path)
		if got := render.URL(w); got != want {
			t.Errorf("URL %s, want %s", got, want)
		}
	})
}

func TestKubeletIsPatient(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		r := renderAll(t, w)
		pod := r.deployment.Spec.Template.Spec
		var needed time.Duration
		for _, flag := range []string{"--shutdown-delay", "--drain-timeout", "--hand-over-timeout"} {
			d, err := time.ParseDuration(argument(pod, flag))
			if err != nil {
				t.Error(err)
			}
			needed += d
		}
		if given := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; given <= needed {
			t.Errorf("a pod gets %s to end, and needs %s", given, needed)
		}
		for _, v := range pod.Volumes {
			if v.EmptyDir != nil && v.EmptyDir.SizeLimit.Value() < 3*receiverConfig(t, r).Queue.MaxBytes {
				t.Errorf("a pod is evicted at %s of data, its queue takes %d", v.EmptyDir.SizeLimit, receiverConfig(t, r).Queue.MaxBytes)
			}
		}
	})
}

// Load balancers that go by readiness send requests to a pod that ends until they hear that it is not ready any more.
func TestPodsServeOnUntilTheyAreFoundNotReady(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		pod := renderAll(t, w).deployment.Spec.Template.Spec
		delay, err := time.ParseDuration(argument(pod, "--shutdown-delay"))
		if err != nil {
			t.Fatal(err)
		}
		probe := pod.Containers[0].ReadinessProbe
		found := time.Duration(probe.PeriodSeconds*probe.FailureThreshold) * time.Second
		if delay > 0 && delay < 2*found { // none where nobody else could serve
			t.Errorf("a pod serves on for %s, and is found not ready after %s", delay, found)
		}
	})
}

// One pod only can use a claimed volume, and while it is replaced nobody answers SuperOffice.
func TestClaimedVolume(t *testing.T) {
	w := load(t, cases["in-order"])
	r := renderAll(t, w)
	spec := r.deployment.Spec
	if *spec.Replicas != 1 || spec.Strategy.Type != apps.RecreateDeploymentStrategyType || spec.Strategy.RollingUpdate != nil {
		t.Errorf("%d replicas, strategy %s", *spec.Replicas, spec.Strategy.Type)
	}
	for _, flag := range []string{"--shutdown-delay", "--drain-timeout"} {
		if value := argument(spec.Template.Spec, flag); value != "0s" {
			t.Errorf("%s is %s: the next pod waits for that long", flag, value)
		}
	}
	c := receiverConfig(t, r)
	if !c.Queue.Sync {
		t.Error("events are acknowledged before the disk has them")
	}
	objects, err := render.Webhook(w, options, targetsOf(w), render.Live{})
	if err != nil {
		t.Fatal(err)
	}
	if size := (*objects.PersistentVolumeClaim.Spec.Resources.Requests)[core.ResourceStorage]; size.Value() < 3*c.Queue.MaxBytes {
		t.Errorf("the volume has %s, the queue takes up to %d", size.String(), c.Queue.MaxBytes)
	}
}

// A volume grows when the cluster gets to it, or not at all. Until then the queue's limit must be hit before the disk's.
func TestQueueGrowsWithItsVolume(t *testing.T) {
	const size = 1 << 30
	for _, c := range []struct {
		name    string
		volume  string // of the claim; empty for none
		want    int64
		growing bool
	}{
		{"that is not there yet", "", 2 * size, false},
		{"that nobody has provided yet", "0", 2 * size, false},
		{"that is as large as it was", "3Gi", size, true},
		{"that has grown in part", "3073Mi", size + 1<<20/3, true},
		{"that has grown", "6Gi", 2 * size, false},
		{"that is larger than it was asked to be", "10Gi", 2 * size, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, cases["in-order"])
			w.Spec.Queue.Embedded.Storage.Size = *apiresource.NewQuantity(2*size, apiresource.BinarySI)
			var live render.Live
			if c.volume != "" {
				live.Claim = &core.PersistentVolumeClaim{Status: core.PersistentVolumeClaimStatus{Capacity: core.ResourceList{core.ResourceStorage: apiresource.MustParse(c.volume)}}}
			}
			objects, err := render.Webhook(w, options, targetsOf(w), live)
			if err != nil {
				t.Fatal(err)
			}
			r := rendered{Objects: objects}
			decode(t, objects.ConfigMap, &r.configMap)
			if got := receiverConfig(t, r).Queue.MaxBytes; got != c.want || objects.Growing != c.growing {
				t.Errorf("the queue takes %d, want %d; growing is %t", got, c.want, objects.Growing)
			}
			if asked := (*objects.PersistentVolumeClaim.Spec.Resources.Requests)[core.ResourceStorage]; asked.Value() != 6*size {
				t.Errorf("the claim asks for %s", asked.String())
			}
		})
	}
}

// A receiver cannot move to another queue while it runs, so pods are replaced, and only then.
func TestAnotherQueueReplacesThePods(t *testing.T) {
	template := func(change func(*v1alpha1.SuperOfficeWebhook)) core.PodTemplateSpec {
		w := load(t, cases["jetstream"])
		change(w)
		return renderAll(t, w).deployment.Spec.Template
	}
	was := template(func(*v1alpha1.SuperOfficeWebhook) {})
	for name, c := range map[string]struct {
		change   func(*v1alpha1.SuperOfficeWebhook)
		replaced bool
	}{
		"other servers":     {func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Queue.JetStream.URLs = []v1alpha1.NATSURL{"nats://other"} }, true},
		"no login any more": {func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Queue.JetStream.Credentials = nil }, true},
		"no TLS any more":   {func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Queue.JetStream.TLS = nil }, true},
		"one in each pod":   {func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Queue.JetStream = nil }, true},
		"more replicas":     {func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Queue.JetStream.Replicas = 5 }, false},
		"more room": {func(w *v1alpha1.SuperOfficeWebhook) {
			w.Spec.Queue.JetStream.Storage.Size.Add(w.Spec.Queue.JetStream.Storage.Size)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if replaced := !cmp.Equal(was, template(c.change)); replaced != c.replaced {
				t.Errorf("pods are replaced: %t, want %t", replaced, c.replaced)
			}
		})
	}
}

func TestEachResourceHasAQueueOfItsOwn(t *testing.T) {
	prefix := func(namespace, name string) string {
		w := load(t, cases["jetstream"])
		w.Namespace, w.Name = namespace, name
		return receiverConfig(t, renderAll(t, w)).Queue.JetStream.Prefix
	}
	if one, other := prefix("a-b", "c"), prefix("a", "b-c"); one == other {
		t.Errorf("two resources share the queue %s", one)
	}
	if got := prefix("sales", "crm"); got != "superoffice_sales_crm" {
		t.Errorf("prefix %s", got)
	}
}
