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
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// report is all that was found; as JSON for scripts.
type report struct {
	Namespace  string                   `json:"namespace"`
	Name       string                   `json:"name"`
	Suspended  bool                     `json:"suspended,omitempty"`
	URL        string                   `json:"url,omitempty"`
	Events     []v1alpha1.EventName     `json:"events,omitempty"`
	Conditions []metav1.Condition       `json:"conditions,omitempty"`
	Delivery   *v1alpha1.DeliveryStatus `json:"delivery,omitempty"`
	Receivers  []receiver               `json:"receivers,omitempty"`
	Sinks      []sink                   `json:"sinks,omitempty"`
	Slots      []slot                   `json:"secretSlots,omitempty"`
	// Advice is what to do, the most important first.
	Advice []finding `json:"advice,omitempty"`

	seen bool // the operator has seen this generation
	now  time.Time
}

// receiver is a pod and what it told.
type receiver struct {
	Pod    string         `json:"pod"`
	Ready  bool           `json:"ready"`
	State  string         `json:"state,omitempty"`
	Error  string         `json:"error,omitempty"`
	Status *status.Status `json:"status,omitempty"`
}

// sink is one destination, summed up by the operator, with what only receivers tell.
type sink struct {
	v1alpha1.SinkStatus `json:",inline"`
	Kind                string       `json:"kind"`
	OldestPendingTime   *metav1.Time `json:"oldestPendingTime,omitempty"`
	// CircuitOpen tells that a receiver tries one event only now and then.
	CircuitOpen bool `json:"circuitOpen,omitempty"`
}

// slot is a place for a shared secret, without the secret.
type slot struct {
	Name    string `json:"name"`
	Secret  string `json:"secret"`
	Key     string `json:"key"`
	Present bool   `json:"present"`
	// Verified counts the signatures that it verified since the receivers started, where they told.
	Verified *int64   `json:"verified,omitempty"`
	Flaws    []string `json:"flaws,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// finding is something to know, with what to do about it.
type finding struct {
	advice.Advice `json:",inline"`
	// About is what it is about: a condition, a sink, the secret.
	About  string `json:"about"`
	Reason string `json:"reason,omitempty"`
	Found  string `json:"found,omitempty"`
}

func newReport(w *v1alpha1.SuperOfficeWebhook, receivers []resource.Receiver, now time.Time) *report {
	r := &report{
		Namespace: w.Namespace, Name: w.Name, Suspended: w.Spec.Suspend, Events: w.Spec.Events,
		Conditions: w.Status.Conditions, Delivery: w.Status.Delivery,
		seen: w.Status.ObservedGeneration >= w.Generation, now: now,
	}
	if w.Status.Address != nil {
		r.URL = w.Status.Address.URL
	}
	for _, one := range receivers {
		told := receiver{Pod: one.Pod, Ready: one.Ready, State: one.State, Status: one.Status}
		if one.Err != nil {
			told.Error = one.Err.Error()
		}
		r.Receivers = append(r.Receivers, told)
	}
	for i := range w.Spec.Sinks {
		r.Sinks = append(r.Sinks, sinkOf(&w.Spec.Sinks[i], w.Status.Sinks, receivers))
	}
	r.Slots = []slot{
		{Name: "current", Secret: w.Spec.Secret.Name, Key: string(w.Spec.Secret.Key)},
		{Name: "previous", Secret: w.Spec.Secret.Name, Key: string(w.Spec.Secret.PreviousKey)},
	}
	return r
}

func sinkOf(spec *v1alpha1.Sink, told []v1alpha1.SinkStatus, receivers []resource.Receiver) sink {
	s := sink{SinkStatus: v1alpha1.SinkStatus{Name: spec.Name}, Kind: kindOf(spec)}
	if i := slices.IndexFunc(told, func(t v1alpha1.SinkStatus) bool { return t.Name == spec.Name }); i >= 0 {
		s.SinkStatus = told[i]
	}
	for _, r := range receivers {
		if r.Status == nil {
			continue
		}
		for _, t := range r.Status.Sinks {
			if t.Name != spec.Name {
				continue
			}
			s.CircuitOpen = s.CircuitOpen || t.CircuitOpen
			if at := t.OldestPending; at != nil && (s.OldestPendingTime == nil || at.Before(s.OldestPendingTime.Time)) {
				s.OldestPendingTime = &metav1.Time{Time: *at}
			}
		}
	}
	return s
}

func kindOf(s *v1alpha1.Sink) string {
	switch {
	case s.HTTP != nil:
		return "http"
	case s.Kafka != nil:
		return "kafka"
	case s.NATS != nil:
		return "nats"
	case s.RabbitMQ != nil:
		return "rabbitMQ"
	case s.Redis != nil:
		return "redis"
	case s.Log != nil:
		return "log"
	}
	return "unknown"
}

func (r *report) addSlots(slots []resource.Slot, unreadable error, receivers []resource.Receiver) {
	for i, found := range slots {
		s := &r.Slots[i]
		s.Key, s.Present = found.Key, found.Present
		if unreadable != nil {
			s.Error = unreadable.Error()
		}
		for _, flaw := range found.Flaws() {
			s.Flaws = append(s.Flaws, flaw.Text)
		}
		for _, one := range receivers {
			if n, told := one.Verified[found.Name]; told {
				if s.Verified == nil {
					s.Verified = new(int64)
				}
				*s.Verified += n
			}
		}
	}
}

// verdict is the error that makes the command fail.
func (r *report) verdict() error {
	var about []string
	for _, f := range r.Advice {
		if f.Severity == advice.Act && !slices.Contains(about, f.About) {
			about = append(about, f.About)
		}
	}
	if len(about) == 0 {
		return nil
	}
	return exit.With(exit.Wrong, errors.New(fmt.Sprintf("SuperOfficeWebhook %s/%s needs somebody to act: ", r.Namespace, r.Name)+strings.Join(about, ", ")))
}
