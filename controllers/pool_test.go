// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
)

func TestGathering(t *testing.T) {
	seconds := func(ages ...float64) (all []newcomer) {
		for _, s := range ages {
			all = append(all, newcomer{time.Duration(s * float64(time.Second)), true})
		}
		return all
	}
	unconfigured := func(seconds float64) []newcomer {
		return []newcomer{{time.Duration(seconds * float64(time.Second)), false}}
	}
	for _, c := range []struct {
		name string
		all  []newcomer
		want time.Duration
	}{
		{"nobody is new", nil, 0},
		{"one comes", seconds(0.5), 1500 * time.Millisecond},
		{"one is old enough", seconds(2), 0},
		{"another one comes", seconds(1.9, 0.5), 1500 * time.Millisecond},
		{"others come all the time", seconds(10, 5, 0.5), 0},
		{"the configuration of one is on its way", unconfigured(3), 500 * time.Millisecond},
		{"there is none", unconfigured(10), 0},
		{"the clock of the API server is ahead", seconds(-3600), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := gathering(c.all); got != c.want {
				t.Errorf("waits for %s, want %s", got, c.want)
			}
		})
	}
}

func TestRolloutForMember(t *testing.T) {
	member := resource(inPool, func(w *v1alpha1.SuperOfficeWebhook) { w.UID = "mine" })
	rolling := observe.Rollout{Exists: true, Replicas: 2, Current: 3, Ready: 3, Pending: "1 of 2 receivers are of the new version"}
	calm := observe.Rollout{Exists: true, Replicas: 2, Current: 2, Ready: 2}
	few := observe.Rollout{Exists: true, Replicas: 4, Current: 4, Ready: 1, Pending: "pending"}
	for _, c := range []struct {
		name  string
		ready bool
		has   bool
		of    observe.Rollout
		want  observe.Rollout
	}{
		{"one that takes it in", false, true, rolling, rolling},
		{"one that is still to take it in", false, false, calm, observe.Rollout{
			Exists: true, Replicas: 2, Current: 2, Ready: 2, Pending: "the receivers of the pool are about to take this resource in",
		}},
		{"one that takes in others", true, true, rolling, calm},
		{"one by which too few are left", true, true, few, few},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, d := member.DeepCopy(), &apps.Deployment{}
			if c.ready {
				readyAt(generation)(w)
			}
			if c.has {
				d.OwnerReferences = []meta.OwnerReference{{UID: "other"}, {UID: w.UID}}
			}
			if diff := cmp.Diff(c.want, rolloutForMember(c.of, w, d)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
