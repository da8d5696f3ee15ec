// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestObstacleOf(t *testing.T) {
	yes := true
	owned := func(apiVersion, kind, name string) []meta.OwnerReference {
		return []meta.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: name, UID: "another", Controller: &yes}}
	}
	now := meta.Now()
	for _, c := range []struct {
		name string
		live meta.ObjectMeta
		want obstacle
	}{
		{"of nobody", meta.ObjectMeta{}, obstacle{message: `Service "crm-receiver" exists already and does not belong to this resource`}},
		{
			"of an owner that does not control it",
			meta.ObjectMeta{OwnerReferences: []meta.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "a"}}},
			obstacle{message: `Service "crm-receiver" exists already and does not belong to this resource`},
		},
		{
			"of another controller",
			meta.ObjectMeta{OwnerReferences: owned("example.com/v1", "Shop", "crm")},
			obstacle{message: `Service "crm-receiver" exists already and belongs to Shop "crm"`},
		},
		{
			"of another webhook",
			meta.ObjectMeta{OwnerReferences: owned("webhooks.superoffice.dev/v1alpha1", "SuperOfficeWebhook", "other")},
			obstacle{message: `Service "crm-receiver" exists already and belongs to SuperOfficeWebhook "other"`},
		},
		{
			"of a deleted webhook of the same name",
			meta.ObjectMeta{OwnerReferences: owned("webhooks.superoffice.dev/v1alpha1", "SuperOfficeWebhook", "crm")},
			obstacle{message: `Service "crm-receiver" of a deleted resource is still being removed`, passing: true},
		},
		{
			"that is going, whoever it belonged to",
			meta.ObjectMeta{DeletionTimestamp: &now, OwnerReferences: owned("example.com/v1", "Shop", "crm")},
			obstacle{message: `Service "crm-receiver" of a deleted resource is still being removed`, passing: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			wanted := &unstructured.Unstructured{}
			wanted.SetKind("Service")
			wanted.SetName("crm-receiver")
			got := obstacleOf(ownerOf(resource()), child{wanted: wanted, live: &core.Service{ObjectMeta: c.live}})
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(obstacle{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
