// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// The folder of a fresh volume is root's, and receivers are not root. OpenShift refuses a group that it has not assigned.
func TestClaimedVolumeIsWritable(t *testing.T) {
	context := func(w *v1alpha1.SuperOfficeWebhook, o render.Options) *core.PodSecurityContext {
		objects, err := render.Webhook(w, o, nil, render.Live{})
		if err != nil {
			t.Fatal(err)
		}
		var d apps.Deployment
		decode(t, objects.Deployment, &d)
		return d.Spec.Template.Spec.SecurityContext
	}
	openShift := options
	openShift.AssignsGroups = true

	claimed := load(t, cases["in-order"])
	c := context(claimed, options)
	if c.FSGroup == nil || *c.FSGroup == 0 || c.FSGroupChangePolicy == nil || *c.FSGroupChangePolicy != core.FSGroupChangeOnRootMismatch {
		t.Errorf("a claimed volume: got %+v", c)
	}
	if c := context(claimed, openShift); c.FSGroup != nil || c.FSGroupChangePolicy != nil {
		t.Errorf("a claimed volume on OpenShift: got %+v", c)
	}
	if c := context(load(t, cases["minimal"]), options); c.FSGroup != nil {
		t.Errorf("no claimed volume: got %+v", c)
	}
}
