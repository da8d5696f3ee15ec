// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	amount "k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
	"github.com/superoffice-webhook/operator/test/golden"
)

const mixedPool = "testdata/in/pool.yaml"

// loadPool reads the members of a pool, by name.
func loadPool(t *testing.T, file string) map[string]*v1alpha1.SuperOfficeWebhook {
	t.Helper()
	members := map[string]*v1alpha1.SuperOfficeWebhook{}
	for _, w := range loadAll(t, file) {
		members[w.Name] = w
	}
	return members
}

func membersOf(all map[string]*v1alpha1.SuperOfficeWebhook) []render.Member {
	var members []render.Member
	for _, w := range all { // in any order
		members = append(members, render.Member{SuperOfficeWebhook: w, Targets: targetsOf(w)})
	}
	return members
}

func renderPool(t *testing.T, all map[string]*v1alpha1.SuperOfficeWebhook) *render.Objects {
	t.Helper()
	objects, err := render.Pool(membersOf(all), agree(all), options)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func agree(all map[string]*v1alpha1.SuperOfficeWebhook) *render.Agreement {
	return render.Agree(slices.Collect(maps.Values(all)), options)
}

// memberConfig is the configuration of a member as the API server holds it.
func memberConfig(t *testing.T, w *v1alpha1.SuperOfficeWebhook) (c core.ConfigMap) {
	t.Helper()
	objects, err := render.Webhook(w, options, targetsOf(w), render.Live{})
	if err != nil {
		t.Fatal(err)
	}
	decode(t, objects.ConfigMap, &c)
	return c
}

func poolDeployment(t *testing.T, all map[string]*v1alpha1.SuperOfficeWebhook) apps.Deployment {
	t.Helper()
	var d apps.Deployment
	decode(t, renderPool(t, all).Deployment, &d)
	return d
}

func TestPool(t *testing.T) {
	for name, file := range map[string]string{"pool": samples + "pool.yaml", "pool-mixed": mixedPool} {
		t.Run(name, func(t *testing.T) {
			all := loadPool(t, file)
			golden.Check(t, filepath.Join("testdata", name+".yaml"), manifest(t, renderPool(t, all)))
			for _, w := range all {
				if w.Name != "sales" { // its podTemplate is refused
					golden.Check(t, filepath.Join("testdata", name+"-member-"+w.Name+".yaml"), manifest(t, renderAll(t, w).Objects))
				}
			}
		})
	}
}

func TestOrderOfMembersDoesNotMatter(t *testing.T) {
	want := manifest(t, renderPool(t, loadPool(t, mixedPool)))
	for range 20 {
		if diff := cmp.Diff(want, manifest(t, renderPool(t, loadPool(t, mixedPool)))); diff != "" {
			t.Fatalf("equal members give another pool\n%s", diff)
		}
	}
}

// TestNothingOfAMemberKeepsAPodFromStarting: what one member lacks is no concern of the others.
func TestNothingOfAMemberKeepsAPodFromStarting(t *testing.T) {
	all := loadPool(t, mixedPool)
	files := map[string]bool{}
	for _, s := range poolDeployment(t, all).Spec.Template.Spec.Volumes[0].Projected.Sources {
		items, optional := []core.KeyToPath(nil), (*bool)(nil)
		if s.Secret != nil {
			items, optional = s.Secret.Items, s.Secret.Optional
		} else {
			items, optional = s.ConfigMap.Items, s.ConfigMap.Optional
		}
		for _, i := range items {
			files[i.Path] = true
			if optional == nil || !*optional {
				t.Errorf("pods wait for the file %s", i.Path)
			}
		}
	}
	for name, w := range all {
		w.Spec.Receiver.Pool, w.Spec.Receiver.PodTemplate = "", nil
		r := renderAll(t, w)
		for file := range projected(t, r.deployment.Spec.Template.Spec, r.configMap.Name) {
			if !files[path.Join(name, file)] {
				t.Errorf("%s lacks the file %s, which it would see alone", name, file)
			}
			delete(files, path.Join(name, file))
		}
	}
	for file := range files {
		t.Errorf("nobody would see the file %s alone", file)
	}
}

func TestPoolIsOwnedByAllItsMembers(t *testing.T) {
	all := loadPool(t, mixedPool)
	owners := poolDeployment(t, all).OwnerReferences
	if len(owners) != len(all) {
		t.Fatalf("it has the owners %+v", owners)
	}
	for _, o := range owners {
		if o.UID != all[o.Name].UID || o.Controller != nil || o.Kind != "SuperOfficeWebhook" {
			t.Errorf("an owner is %+v", o)
		}
	}
}

// TestMembersReplacePods only when they come or go, or move their queue.
func TestMembersReplacePods(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(all map[string]*v1alpha1.SuperOfficeWebhook)
		replaces bool
	}{
		{"one goes", func(all map[string]*v1alpha1.SuperOfficeWebhook) { delete(all, "support") }, true},
		{"a filter", func(all map[string]*v1alpha1.SuperOfficeWebhook) { all["support"].Spec.Sinks[0].Filter = "true" }, false},
		{"it is suspended", func(all map[string]*v1alpha1.SuperOfficeWebhook) { all["support"].Spec.Suspend = true }, false},
		{"another secret of a sink", func(all map[string]*v1alpha1.SuperOfficeWebhook) {
			all["support"].Spec.Sinks[0].HTTP.Auth.Bearer.SecretKeyRef.Name = "other"
		}, true},
		{"another size of a queue", func(all map[string]*v1alpha1.SuperOfficeWebhook) {
			all["support"].Spec.Queue.Embedded.Storage.Size = all["marketing"].Spec.Queue.Embedded.Storage.Size
		}, true},
		{"other servers of a queue", func(all map[string]*v1alpha1.SuperOfficeWebhook) {
			all["sales"].Spec.Queue.JetStream.URLs = []v1alpha1.NATSURL{"nats://other:4222"}
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := loadPool(t, mixedPool)
			before := poolDeployment(t, all).Spec.Template
			c.change(all)
			if diff := cmp.Diff(before, poolDeployment(t, all).Spec.Template); (diff != "") != c.replaces {
				t.Errorf("the pods' template (-before +after)\n%s", diff)
			}
		})
	}
}

// TestPodsKeepWhatASuspendedMemberNeeds, whatever it says meanwhile.
func TestPodsKeepWhatASuspendedMemberNeeds(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(all map[string]*v1alpha1.SuperOfficeWebhook)
		// added is the file that comes beside those that are there.
		added string
	}{
		{"it is suspended", func(map[string]*v1alpha1.SuperOfficeWebhook) {}, ""},
		{"another secret of a sink", func(all map[string]*v1alpha1.SuperOfficeWebhook) {
			all["support"].Spec.Sinks[0].HTTP.Auth.Bearer.SecretKeyRef.Name = "other"
		}, "support/secrets/sinks/other/token"},
		{"another shared secret", func(all map[string]*v1alpha1.SuperOfficeWebhook) { all["support"].Spec.Secret.Name = "other" }, ""},
		{"another size of a queue", func(all map[string]*v1alpha1.SuperOfficeWebhook) {
			all["support"].Spec.Queue.Embedded.Storage.Size = all["marketing"].Spec.Queue.Embedded.Storage.Size
		}, ""},
		{"a queue in JetStream", func(all map[string]*v1alpha1.SuperOfficeWebhook) {
			queue := all["sales"].Spec.Queue
			queue.JetStream.Credentials = nil
			all["support"].Spec.Queue = queue
		}, ""},
		{"other servers of a queue", func(all map[string]*v1alpha1.SuperOfficeWebhook) {
			all["sales"].Spec.Queue.JetStream.URLs = []v1alpha1.NATSURL{"nats://other:4222"}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := loadPool(t, mixedPool)
			all["sales"].Spec.Receiver.PodTemplate = nil // it is refused
			before := poolDeployment(t, all).Spec.Template
			held := map[string]*render.Former{}
			for _, name := range []string{"support", "sales"} {
				held[name] = formerOf(t, memberConfig(t, all[name]))
				held[name].Pods = &before
				all[name].Spec.Suspend = true
			}
			c.change(all)
			members := membersOf(all)
			for i := range members {
				members[i].Former = held[members[i].Name]
			}
			objects, err := render.Pool(members, agree(all), options)
			if err != nil {
				t.Fatal(err)
			}
			var d apps.Deployment
			decode(t, objects.Deployment, &d)
			config := d.Spec.Template.Spec.Volumes[0].Projected
			isAdded := func(s core.VolumeProjection) bool { return s.Secret != nil && s.Secret.Items[0].Path == c.added }
			if added := slices.ContainsFunc(config.Sources, isAdded); added != (c.added != "") {
				t.Errorf("the file %q is added: %t", c.added, added)
			}
			config.Sources = slices.DeleteFunc(config.Sources, isAdded)
			if diff := cmp.Diff(before, d.Spec.Template); diff != "" {
				t.Errorf("the pods' template (-before +after)\n%s", diff)
			}
		})
	}
}

// TestPoolWithoutQueuesHasAVolume: the engine is started all the same.
func TestPoolWithoutQueuesHasAVolume(t *testing.T) {
	all := loadPool(t, mixedPool)
	delete(all, "support")
	delete(all, "marketing")
	if d := poolDeployment(t, all); len(d.Spec.Template.Spec.Volumes) != 2 || d.Spec.Template.Spec.Volumes[1].EmptyDir == nil {
		t.Errorf("the volumes are %+v", d.Spec.Template.Spec.Volumes)
	}
}

func TestAgreement(t *testing.T) {
	all := loadPool(t, mixedPool)
	agreed := agree(all)
	want := map[string]string{
		"spec.receiver.replicas and autoscaling":      "support",
		"spec.receiver.podTemplate and shutdownDelay": "support", // that of sales, which is older, is refused
		"spec.receiver.image":                         "marketing",
		"spec.receiver.networkPolicy":                 "support",
		"spec.exposure.service":                       "support",
	}
	if diff := cmp.Diff(want, agreed.From); diff != "" {
		t.Errorf("whose settings count (-want +got)\n%s", diff)
	}
	if agreed.Receiver.Replicas != nil || agreed.Receiver.Autoscaling == nil {
		t.Errorf("the number of pods is %v and %v", agreed.Receiver.Replicas, agreed.Receiver.Autoscaling)
	}
	for name, want := range map[string][]string{
		"support": nil,
		"marketing": {
			`spec.receiver.replicas and autoscaling: what SuperOfficeWebhook "support" says counts, which is older`,
			`spec.receiver.networkPolicy: what SuperOfficeWebhook "support" says counts, which is older`,
		},
	} {
		if diff := cmp.Diff(want, agreed.Differences(all[name])); diff != "" {
			t.Errorf("%s differs in (-want +got)\n%s", name, diff)
		}
	}
	t.Run("of two of the same age, the first by name", func(t *testing.T) {
		all := loadPool(t, mixedPool)
		for _, w := range all {
			w.CreationTimestamp = meta.NewTime(time.Unix(0, 0))
		}
		if got := agree(all).From["spec.receiver.networkPolicy"]; got != "marketing" {
			t.Errorf("it is that of %s", got)
		}
	})
	t.Run("who says the same agrees", func(t *testing.T) {
		all := loadPool(t, mixedPool)
		all["marketing"].Spec.Receiver = *all["support"].Spec.Receiver.DeepCopy()
		if got := agree(all).Differences(all["marketing"]); len(got) > 0 {
			t.Errorf("it differs in %v", got)
		}
	})
}

// TestAgreedAutoscalerCanWork: two settings that work alone need not work together.
func TestAgreedAutoscalerCanWork(t *testing.T) {
	memory := core.ResourceList{core.ResourceMemory: amount.MustParse("1Gi")}
	noCPU := &v1alpha1.ResourceRequirements{Requests: memory, Limits: memory}
	onlyCPU := &v1alpha1.ResourceRequirements{Requests: core.ResourceList{core.ResourceCPU: amount.MustParse("1")}}
	limited := &v1alpha1.ResourceRequirements{Limits: core.ResourceList{core.ResourceCPU: amount.MustParse("1")}}
	onCPU := &v1alpha1.Autoscaling{MaxReplicas: 8}
	onMetric := func(text string) *v1alpha1.Autoscaling {
		return &v1alpha1.Autoscaling{MaxReplicas: 8, Metrics: []v1alpha1.MetricSpec{{RawExtension: runtime.RawExtension{Raw: []byte(text)}}}}
	}
	onMemory := onMetric(`{"type":"Resource","resource":{"name":"memory","target":{"type":"Utilization","averageUtilization":70}}}`)
	const (
		number    = "spec.receiver.replicas and autoscaling"
		resources = "spec.receiver.resources"
		cpuOf     = ": the autoscaling of SuperOfficeWebhook %q compares with a request of cpu, which the resources of SuperOfficeWebhook %q lack"
	)
	for _, c := range []struct {
		name string
		// members, the oldest first, are called a, b and c.
		members []v1alpha1.Receiver
		from    map[string]string
		differ  map[string][]string
	}{
		{
			"the autoscaler is older",
			[]v1alpha1.Receiver{{Autoscaling: onCPU}, {Resources: noCPU}},
			map[string]string{number: "a"},
			map[string][]string{"b": {resources + fmt.Sprintf(cpuOf, "a", "b")}},
		},
		{
			"the resources are older",
			[]v1alpha1.Receiver{{Resources: noCPU}, {Autoscaling: onCPU}},
			map[string]string{resources: "a"},
			map[string][]string{"b": {number + fmt.Sprintf(cpuOf, "b", "a")}},
		},
		{
			"a younger one fits",
			[]v1alpha1.Receiver{{Autoscaling: onCPU}, {Resources: noCPU}, {Resources: onlyCPU}},
			map[string]string{number: "a", resources: "c"},
			map[string][]string{"b": {resources + fmt.Sprintf(cpuOf, "a", "b")}},
		},
		{
			"a younger one gives the number",
			[]v1alpha1.Receiver{{Resources: noCPU}, {Autoscaling: onCPU}, {Replicas: new(int32(3))}},
			map[string]string{resources: "a", number: "c"},
			map[string][]string{"b": {number + fmt.Sprintf(cpuOf, "b", "a")}},
		},
		{
			"a metric of one's own",
			[]v1alpha1.Receiver{{Autoscaling: onMemory}, {Resources: onlyCPU}},
			map[string]string{number: "a"},
			map[string][]string{"b": {
				resources + `: the autoscaling of SuperOfficeWebhook "a" compares with a request of memory, which the resources of SuperOfficeWebhook "b" lack`,
			}},
		},
		{
			"a limit is a request",
			[]v1alpha1.Receiver{{Autoscaling: onCPU}, {Resources: limited}},
			map[string]string{number: "a", resources: "b"},
			nil,
		},
		{
			"nothing is compared with",
			[]v1alpha1.Receiver{
				{Autoscaling: onMetric(`{"type":"Pods","pods":{"metric":{"name":"pending"},"target":{"type":"AverageValue","averageValue":"100"}}}`)},
				{Resources: noCPU},
			},
			map[string]string{number: "a", resources: "b"},
			nil,
		},
		{
			"somebody else scales",
			[]v1alpha1.Receiver{{Autoscaling: &v1alpha1.Autoscaling{External: &v1alpha1.ExternalAutoscaling{}}}, {Resources: noCPU}},
			map[string]string{number: "a", resources: "b"},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := map[string]*v1alpha1.SuperOfficeWebhook{}
			for i, r := range c.members {
				w := loadPool(t, mixedPool)["marketing"].DeepCopy()
				w.Name, w.Spec.Receiver = string(rune('a'+i)), r
				w.Spec.Receiver.Pool = "edge"
				w.CreationTimestamp = meta.NewTime(time.Unix(int64(i), 0))
				all[w.Name] = w
			}
			agreed := agree(all)
			if diff := cmp.Diff(c.from, agreed.From); diff != "" {
				t.Errorf("whose settings count (-want +got)\n%s", diff)
			}
			for name, w := range all {
				if diff := cmp.Diff(c.differ[name], agreed.Differences(w)); diff != "" {
					t.Errorf("%s differs in (-want +got)\n%s", name, diff)
				}
			}
		})
	}
}

func TestMemberWithAPodTemplateThatIsRefused(t *testing.T) {
	_, err := render.Webhook(loadPool(t, mixedPool)["sales"], options, nil, render.Live{})
	if err == nil || !strings.Contains(err.Error(), "host namespaces") {
		t.Errorf("it is told: %v", err)
	}
}

func TestPathOfAMember(t *testing.T) {
	w := loadPool(t, mixedPool)["support"]
	r := renderAll(t, w)
	c := receiverConfig(t, r)
	const path = "/hooks/sales/support"
	for what, got := range map[string]string{
		"intake": c.Intake.Path, "hand-over": strings.TrimPrefix(c.HandOver.URL, "http://edge-pool.sales.svc"),
		"Ingress": r.ingress.Spec.Rules[0].HTTP.Paths[0].Path, "admin": render.AdminPath(w),
		"address": strings.TrimPrefix(render.URL(w), "http://edge-pool.sales.svc"),
	} {
		if got != path {
			t.Errorf("%s: %s, want %s", what, got, path)
		}
	}
	if got := r.ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name; got != "edge-pool" {
		t.Errorf("the Ingress leads to the Service %s", got)
	}
}
