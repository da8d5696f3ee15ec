// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apiresource "k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// pod is one of the resource's that runs and is ready, changed.
func pod(changes ...func(p *core.Pod)) *core.Pod {
	p := &core.Pod{
		ObjectMeta: meta.ObjectMeta{
			Namespace: "sales", Name: "crm-receiver-1", UID: "pod-uid", ResourceVersion: "5", Labels: render.Selector(resource()),
			Annotations: map[string]string{"large": "annotation"}, ManagedFields: []meta.ManagedFieldsEntry{{Manager: "kubelet"}},
		},
		Spec: core.PodSpec{NodeName: "node", Containers: []core.Container{{Name: "receiver", Image: "receiver"}}},
		Status: core.PodStatus{
			Phase: core.PodRunning, PodIP: "10.0.0.1", HostIP: "10.1.0.1",
			Conditions: []core.PodCondition{
				{Type: core.PodScheduled, Status: core.ConditionTrue, Message: "long"},
				{Type: core.PodReady, Status: core.ConditionTrue},
			},
			ContainerStatuses: []core.ContainerStatus{{Name: "receiver", State: core.ContainerState{Running: &core.ContainerStateRunning{}}}},
		},
	}
	for _, change := range changes {
		change(p)
	}
	return p
}

func unready(p *core.Pod) { p.Status.Conditions[1].Status = core.ConditionFalse }

func waits(reason string) func(p *core.Pod) {
	return func(p *core.Pod) {
		p.Status.ContainerStatuses[0].State = core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: reason, Message: "long"}}
	}
}

// pods are all that package observe tells apart.
var pods = map[string]*core.Pod{
	"ready":     pod(),
	"not ready": pod(unready),
	"pending":   pod(unready, func(p *core.Pod) { p.Status.Phase, p.Status.PodIP = core.PodPending, "" }),
	"going":     pod(func(p *core.Pod) { now := meta.Now(); p.DeletionTimestamp = &now }),
	"crashing":  pod(unready, waits("CrashLoopBackOff")),
	"crashed": pod(unready, waits("CrashLoopBackOff"), func(p *core.Pod) {
		p.Status.ContainerStatuses[0].LastTerminationState.Terminated = &core.ContainerStateTerminated{ExitCode: 1, Reason: "Error", Message: `{"level":"ERROR","err":"no"}`}
	}),
	"started again": pod(unready, func(p *core.Pod) {
		p.Status.ContainerStatuses = []core.ContainerStatus{{Name: "a", LastTerminationState: core.ContainerState{Terminated: &core.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}}}}
	}),
	"well again": pod(func(p *core.Pod) {
		p.Status.ContainerStatuses = []core.ContainerStatus{{Name: "a", Ready: true, LastTerminationState: core.ContainerState{Terminated: &core.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}}}}
	}),
	"creating": pod(unready, waits("ContainerCreating")),
	"stuck before it starts": pod(unready, waits("PodInitializing"), func(p *core.Pod) {
		p.Status.InitContainerStatuses = []core.ContainerStatus{{Name: "a", State: core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "long"}}}}
	}),
	"without a place": pod(unready, func(p *core.Pod) {
		p.Status.Conditions[0] = core.PodCondition{Type: core.PodScheduled, Status: core.ConditionFalse, Reason: "Unschedulable"}
	}),
}

func TestStripPodKeepsWhatIsLookedAt(t *testing.T) {
	for name, whole := range pods {
		t.Run(name, func(t *testing.T) {
			out, err := stripPod(whole.DeepCopy())
			if err != nil {
				t.Fatal(err)
			}
			kept := out.(*core.Pod)
			for what, values := range map[string][2]any{
				"readiness": {observe.IsReady(whole), observe.IsReady(kept)},
				"trouble":   {observe.Trouble([]core.Pod{*whole}), observe.Trouble([]core.Pod{*kept})},
				"receiver":  {observe.Receivers([]core.Pod{*whole}, 1, ""), observe.Receivers([]core.Pod{*kept}, 1, "")},
				"resource":  {(&Reconciler{}).webhooksOfPod(t.Context(), whole), (&Reconciler{}).webhooksOfPod(t.Context(), kept)},
				"identity":  {[]any{whole.Namespace, whole.Name, whole.UID, whole.ResourceVersion}, []any{kept.Namespace, kept.Name, kept.UID, kept.ResourceVersion}},
			} {
				if diff := cmp.Diff(values[0], values[1]); diff != "" {
					t.Errorf("%s (-whole +kept)\n%s", what, diff)
				}
			}
			if kept.Annotations != nil || kept.ManagedFields != nil || kept.Spec.Containers != nil {
				t.Errorf("too much is kept: %+v", kept)
			}
		})
	}
}

func TestStripSecretKeepsTheName(t *testing.T) {
	in := &meta.PartialObjectMetadata{
		TypeMeta: meta.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: meta.ObjectMeta{
			Namespace: "sales", Name: "crm-webhook", UID: "secret-uid", ResourceVersion: "7", Labels: map[string]string{"a": "b"},
			Annotations: map[string]string{"kubectl.kubernetes.io/last-applied-configuration": confidential},
		},
	}
	want := &meta.PartialObjectMetadata{
		TypeMeta:   in.TypeMeta,
		ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: "crm-webhook", UID: "secret-uid", ResourceVersion: "7"},
	}
	got, err := stripSecret(in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStripOwnKeepsWhatIsCompared(t *testing.T) {
	own := meta.ManagedFieldsEntry{Manager: FieldManager, Operation: meta.ManagedFieldsOperationApply, FieldsV1: meta.NewFieldsV1(`{}`)}
	in := meta.ObjectMeta{
		Namespace: "sales", Name: "crm-receiver", UID: "uid", ResourceVersion: "7", Generation: 2, Labels: map[string]string{"a": "b"},
		Annotations:     map[string]string{"large": "annotation", render.AnnotationApplied: "abc"},
		OwnerReferences: []meta.OwnerReference{{Name: "crm"}},
		ManagedFields:   []meta.ManagedFieldsEntry{{Manager: "kube-controller-manager"}, own},
	}
	kept := *in.DeepCopy()
	kept.Annotations, kept.ManagedFields, kept.Labels = map[string]string{render.AnnotationApplied: "abc"}, []meta.ManagedFieldsEntry{own}, nil
	ports := []core.ContainerPort{{Name: "https", ContainerPort: 8080}}
	volume := core.ResourceList{core.ResourceStorage: apiresource.MustParse("3Gi")}
	for _, c := range []struct {
		name     string
		in, want client.Object
	}{
		{"of any object", &meta.PartialObjectMetadata{ObjectMeta: in}, &meta.PartialObjectMetadata{ObjectMeta: kept}},
		{
			"of a Deployment",
			&apps.Deployment{
				ObjectMeta: in,
				Spec: apps.DeploymentSpec{Replicas: ptr.To[int32](2), Template: core.PodTemplateSpec{Spec: core.PodSpec{
					NodeName: "large", Containers: []core.Container{{Name: "receiver", Image: "large", Ports: ports}},
				}}},
				Status: apps.DeploymentStatus{ReadyReplicas: 1},
			},
			&apps.Deployment{
				ObjectMeta: kept,
				Spec: apps.DeploymentSpec{Replicas: ptr.To[int32](2), Template: core.PodTemplateSpec{Spec: core.PodSpec{
					Containers: []core.Container{{Name: "receiver", Ports: ports}},
				}}},
				Status: apps.DeploymentStatus{ReadyReplicas: 1},
			},
		},
		{
			"of a claim",
			&core.PersistentVolumeClaim{
				ObjectMeta: in,
				Spec:       core.PersistentVolumeClaimSpec{VolumeName: "large"},
				Status:     core.PersistentVolumeClaimStatus{Phase: core.ClaimBound, Capacity: volume},
			},
			&core.PersistentVolumeClaim{ObjectMeta: kept, Status: core.PersistentVolumeClaimStatus{Capacity: volume}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := stripOwn(c.in.DeepCopyObject())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoObjectIsNotStripped(t *testing.T) {
	for name, strip := range map[string]func(any) (any, error){"pod": stripPod, "secret": stripSecret, "own": stripOwn, "target": stripTarget} {
		tombstone := "a tombstone"
		if got, err := strip(tombstone); err != nil || got != tombstone {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestPodChanged(t *testing.T) {
	for _, c := range []struct {
		name     string
		was, is  string
		interest bool
	}{
		{"nothing that is looked at", "ready", "ready", false},
		{"it becomes ready", "not ready", "ready", true},
		{"it is ready no more", "ready", "not ready", true},
		{"it crashes", "not ready", "crashing", true},
		{"it tells why", "crashing", "crashed", true},
		{"it crashes in another way", "crashing", "without a place", true},
		{"it goes through its usual steps", "pending", "creating", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := podChanged.Update(event.UpdateEvent{ObjectOld: pods[c.was], ObjectNew: pods[c.is]}); got != c.interest {
				t.Errorf("got %t", got)
			}
		})
	}
	if podChanged.Create(event.CreateEvent{Object: pods["pending"]}) {
		t.Error("a new pod is of no interest: nobody can ask it")
	}
	if !podChanged.Delete(event.DeleteEvent{Object: pods["ready"]}) {
		t.Error("a pod that is gone is of interest")
	}
}

func TestCacheOptions(t *testing.T) {
	t.Run("hold what the operator made, and of Secrets all, stripped", func(t *testing.T) {
		for kind, o := range CacheOptions(nil, nil).ByObject {
			switch kind.(type) {
			case *v1alpha1.SuperOfficeWebhook:
				if o.Label != nil {
					t.Errorf("resources are held by %v", o.Label)
				}
			case *core.Secret:
				if o.Label != nil || o.Transform == nil {
					t.Errorf("Secrets are held by %+v", o)
				}
			default:
				own := labels.Set{"app.kubernetes.io/managed-by": "superoffice-webhook-operator"}
				if !o.Label.Matches(own) || o.Label.Matches(labels.Set{"app.kubernetes.io/managed-by": "Helm"}) {
					t.Errorf("%T is held by %v", kind, o.Label)
				}
			}
		}
	})
	t.Run("hold the resources that are selected", func(t *testing.T) {
		shard := labels.SelectorFromSet(labels.Set{"shard": "a"})
		for kind, o := range CacheOptions(nil, shard).ByObject {
			if _, ok := kind.(*v1alpha1.SuperOfficeWebhook); ok != (o.Label != nil && o.Label.String() == shard.String()) {
				t.Errorf("%T is held by %v", kind, o.Label)
			}
		}
	})
	t.Run("cover all namespaces or those that are named", func(t *testing.T) {
		if got := CacheOptions(nil, nil).DefaultNamespaces; got != nil {
			t.Errorf("got %v", got)
		}
		got := slices.Sorted(maps.Keys(CacheOptions([]string{"sales", "default"}, nil).DefaultNamespaces))
		if diff := cmp.Diff([]string{"default", "sales"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
