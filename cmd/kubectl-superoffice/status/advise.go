// SPDX-License-Identifier: Apache-2.0

package status

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/advice"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

const (
	// recent is how long ago a refused request still deserves advice.
	recent = 24 * time.Hour
	// nearlyFull is the part of a queue from which somebody should look.
	nearlyFull = 0.8
)

// advise collects what to do.
func (r *report) advise() {
	if !r.seen {
		r.add(finding{Advice: advice.Advice{Severity: advice.Wait, Do: "The operator has not seen this version of the resource yet. If that lasts, see that it runs: `kubectl superoffice doctor NAME -n NAMESPACE`."}, About: "resource"})
	}
	for i := range r.Conditions {
		r.adviseCondition(&r.Conditions[i])
	}
	for i := range r.Receivers {
		r.adviseReceiver(&r.Receivers[i])
	}
	if d := r.Delivery; d != nil {
		r.adviseDelivery(d)
	}
	r.adviseSlots()
	order := []advice.Severity{advice.Act, advice.Look, advice.Wait, advice.Wanted}
	slices.SortStableFunc(r.Advice, func(a, b finding) int {
		return slices.Index(order, a.Severity) - slices.Index(order, b.Severity)
	})
}

// add fills in the names, and leaves out what was said already.
func (r *report) add(f finding) {
	f.Do = strings.NewReplacer("NAMESPACE", r.Namespace, "NAME", r.Name).Replace(f.Do)
	if !slices.ContainsFunc(r.Advice, func(a finding) bool { return a.Do == f.Do }) {
		r.Advice = append(r.Advice, f)
	}
}

// adviseCondition leaves Ready and those beside it to the condition that explains them: the reason is the same.
func (r *report) adviseCondition(c *metav1.Condition) {
	a := advice.Condition(c.Reason)
	if a.Severity == advice.Fine {
		return
	}
	r.add(finding{Advice: a, About: c.Type, Reason: c.Reason, Found: c.Message})
}

func (r *report) adviseReceiver(one *receiver) {
	about := "receiver " + one.Pod
	if one.Status == nil {
		if one.Ready {
			r.adviseUnasked(about, errors.New(one.Error))
		}
		return
	}
	q := one.Status.Queue
	if q.MaxBytes > 0 && float64(q.Bytes) > nearlyFull*float64(q.MaxBytes) {
		r.add(finding{advice.Advice{Severity: advice.Act, Do: advice.Rejection("QueueFull")}, about, "", fmt.Sprintf("the queue takes %s of %s", output.Bytes(q.Bytes), output.Bytes(q.MaxBytes))})
	}
	if q.Error != "" {
		r.add(finding{advice.Advice{Severity: advice.Act, Do: advice.Rejection("QueueFailed")}, about, "", q.Error})
	}
	if one.Status.Config.Error != "" {
		r.add(finding{advice.Condition(v1alpha1.ReasonConfigRejected), about, v1alpha1.ReasonConfigRejected, one.Status.Config.Error})
	}
}

// adviseUnasked tells of what could not be asked from here, which says nothing about how it is.
func (r *report) adviseUnasked(about string, err error) {
	const do = "It could not be asked from here: you need the rights to list pods and to create pods/portforward. --offline does without."
	r.add(finding{Advice: advice.Advice{Severity: advice.Look, Do: do}, About: about, Found: err.Error()})
}

func (r *report) adviseDelivery(d *v1alpha1.DeliveryStatus) {
	if d.DeadLettered > 0 {
		r.add(finding{
			Advice: advice.Advice{Severity: advice.Look, Do: "See why with `kubectl superoffice dead-letters list NAME -n NAMESPACE`, then replay or purge them. They are kept as long as spec.queue.retention says, then they are gone."},
			About:  "dead letters", Found: output.Count(int(d.DeadLettered), "is kept", "are kept"),
		})
	}
	if last := d.LastRejection; last != nil && r.now.Sub(last.Time.Time) < recent {
		r.add(finding{Advice: advice.Advice{Severity: advice.Look, Do: advice.Rejection(last.Reason)}, About: "last rejection", Reason: last.Reason})
	}
}

func (r *report) adviseSlots() {
	for _, s := range r.Slots {
		for _, flaw := range s.Flaws {
			r.add(finding{
				Advice: advice.Advice{Severity: advice.Look, Do: "Compare the Secret with the field \"Secret\" in SuperOffice, to the last character."},
				About:  "secret slot " + s.Name, Found: flaw,
			})
		}
		if s.Name == "previous" && s.Present {
			r.add(finding{Advice: advice.Advice{Severity: advice.Wanted, Do: "A rotation is under way. Remove the key " + s.Key + " from the Secret once the former secret verifies no more signatures."}, About: "secret slot previous"})
		}
	}
}
