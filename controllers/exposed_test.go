// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/probe"
)

const accepting = "Ready is True (Accepting): 2 of 2 receivers accept events"

// behind is what is found where the receivers work and the way to them is like this.
func behind(way observe.Way, changes ...func(f *findings)) findings {
	f := good(func(f *findings) { f.exposure = &exposure{url: "https://hooks.example.com/webhook", way: way} })
	for _, change := range changes {
		change(&f)
	}
	return f
}

func blockedBy(v verdict) func(f *findings) {
	return func(f *findings) { f.exposure.blocked = &v }
}

func probing(w *v1alpha1.SuperOfficeWebhook) {
	w.Spec.Exposure.Ingress = &v1alpha1.IngressExposure{Host: "hooks.example.com"}
	w.Spec.Exposure.Probe = &v1alpha1.Probe{Interval: "5m"}
}

// exposures are the ways in which receivers that work can be exposed, with the conditions that say so. What others make of
// the way does not take Ready back, for some of them never report anything; what the operator could not make does.
var exposures = []struct {
	name       string
	webhook    *v1alpha1.SuperOfficeWebhook
	found      findings
	kstatus    status.Status
	conditions []string
}{
	{
		"as asked for", resource(), behind(observe.Way{Status: "True", Reason: "Exposed", Message: "served"}), status.CurrentStatus,
		[]string{accepting, "Exposed is True (Exposed): served"},
	},
	{
		"by an ingress controller that reports nothing", resource(), behind(observe.Way{Status: "Unknown", Reason: "AddressPending", Message: "no address"}), status.CurrentStatus,
		[]string{accepting, "Exposed is Unknown (AddressPending): no address"},
	},
	{
		"by a route that a Gateway rejects", resource(), behind(observe.Way{Status: "False", Reason: "RouteRejected", Message: "not allowed"}), status.CurrentStatus,
		[]string{accepting, "Exposed is False (RouteRejected): not allowed"},
	},
	{
		"by a route that the cluster knows no kind of", resource(),
		behind(observe.Way{Status: "False", Reason: "GatewayAPINotServed", Message: "no API"}, blockedBy(verdict{settled, "False", "GatewayAPINotServed", "no API"})), status.InProgressStatus,
		[]string{"Ready is False (GatewayAPINotServed): no API", "Exposed is False (GatewayAPINotServed): no API"},
	},
	{
		"by an Ingress whose name is taken", resource(),
		behind(observe.Way{Status: "False", Reason: "NameTaken", Message: "taken"}, blockedBy(verdict{stuck, "False", "NameTaken", "taken"})), status.FailedStatus,
		[]string{"Ready is False (NameTaken): taken", "Exposed is False (NameTaken): taken", "Stalled is True (NameTaken): taken"},
	},
	{
		"by an Ingress whose name is taken, while receivers start", resource(),
		behind(observe.Way{Status: "False", Reason: "NameTaken", Message: "taken"}, blockedBy(verdict{stuck, "False", "NameTaken", "taken"}), func(f *findings) { f.receivers.rollout.Pending = "1 of 2" }), status.InProgressStatus,
		[]string{"Ready is Unknown (RolloutInProgress): 1 of 2", "Exposed is False (NameTaken): taken", "Reconciling is True (RolloutInProgress): 1 of 2"},
	},
	{
		"and to be tried", resource(probing), behind(observe.Way{Status: "True", Reason: "Exposed", Message: "served"}), status.CurrentStatus,
		[]string{accepting, "Exposed is True (Exposed): served", "Reachable is Unknown (ProbePending): no test event was posted yet: receivers, and a way to them, have to be there first"},
	},
	{
		"and not reached", resource(probing),
		behind(observe.Way{Status: "True", Reason: "Exposed", Message: "served"}, func(f *findings) {
			f.reached = &probe.Result{Status: "False", Reason: "TimedOut", Message: "no answer"}
		}), status.CurrentStatus,
		[]string{accepting, "Exposed is True (Exposed): served", "Reachable is False (TimedOut): no answer"},
	},
	{
		"and no longer tried", resource(),
		behind(observe.Way{Status: "True", Reason: "Exposed", Message: "served"}, func(f *findings) {
			f.reached = &probe.Result{Status: "False", Reason: "TimedOut", Message: "no answer"}
		}), status.CurrentStatus,
		[]string{accepting, "Exposed is True (Exposed): served"},
	},
}

func TestExposures(t *testing.T) {
	for _, e := range exposures {
		t.Run(e.name, func(t *testing.T) {
			w := e.webhook.DeepCopy()
			look(w, e.found, nil)
			var got []string
			for _, c := range w.Status.Conditions {
				switch c.Type {
				case "SecretResolved", "SinksResolved", "ReceiverAvailable", "Delivering":
				default:
					got = append(got, fmt.Sprintf("%s is %s (%s): %s", c.Type, c.Status, c.Reason, c.Message))
				}
			}
			if diff := cmp.Diff(e.conditions, got); diff != "" {
				t.Errorf("conditions (-want +got)\n%s", diff)
			}
			if w.Status.Address.URL != "https://hooks.example.com/webhook" {
				t.Errorf("address %s", w.Status.Address.URL)
			}
			wantKstatus(t, w, e.kstatus)
			before := w.DeepCopy()
			look(w, e.found, nil)
			if diff := cmp.Diff(before, w); diff != "" {
				t.Errorf("a second look changes the status:\n%s", diff)
			}
		})
	}
}

// A restarted operator has tried nothing yet, and one that can't get so far does not know.
func TestFormerExposureStays(t *testing.T) {
	w := resource(probing)
	look(w, behind(observe.Way{Status: "True", Reason: "Exposed", Message: "served"}, func(f *findings) {
		f.reached = &probe.Result{Status: "True", Reason: "Answered", Message: "answered"}
	}), nil)
	before := w.DeepCopy()
	look(w, good(), nil)
	if diff := cmp.Diff(before, w); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

func TestResultsAreAboutAGeneration(t *testing.T) {
	w := resource(probing)
	p := probed{generation: w.Generation}
	if p.about(w) != nil {
		t.Error("nothing was tried, and there is a result")
	}
	p.at = p.at.AddDate(2000, 0, 0)
	if p.about(w) == nil {
		t.Error("there is no result")
	}
	w.Generation++
	if p.about(w) != nil {
		t.Error("a result is taken for one about another spec")
	}
}
