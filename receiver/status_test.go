// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"errors"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/delivery"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/status"
)

func TestObservations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason             intake.Reason
		received, rejected bool
	}{
		{reason: intake.Stored, received: true},
		{reason: intake.Duplicate},
		{reason: intake.TestEvent},
		{reason: intake.EventNotWanted},
		{reason: intake.TenantNotWanted},
		{reason: intake.NoEvent},
		{reason: intake.SignatureMissing, rejected: true},
		{reason: intake.SignatureMismatch, rejected: true},
		{reason: intake.BodyTooLarge, rejected: true},
		{reason: intake.PathUnknown, rejected: true},
		{reason: intake.QueueFull}, // the queue tells itself how it is
		{reason: intake.InternalError},
	} {
		t.Run(string(c.reason), func(t *testing.T) {
			t.Parallel()
			before := time.Now()
			o := &observations{Metrics: metrics.New()}
			o.Answered(intake.Answer{Reason: c.reason})
			got := o.intake()
			if (got.LastReceived != nil) != c.received || c.received && got.LastReceived.Before(before) {
				t.Errorf("last received: %v", got.LastReceived)
			}
			if (got.LastRejection != nil) != c.rejected {
				t.Fatalf("last rejection: %+v", got.LastRejection)
			}
			if c.rejected && (got.LastRejection.Reason != string(c.reason) || got.LastRejection.Time.Before(before)) {
				t.Errorf("last rejection: %+v", got.LastRejection)
			}
		})
	}
}

func TestObservationsRememberTheLast(t *testing.T) {
	t.Parallel()
	o := &observations{Metrics: metrics.New()}
	for _, r := range []intake.Reason{intake.SignatureMissing, intake.Stored, intake.PathUnknown, intake.Duplicate} {
		o.Answered(intake.Answer{Reason: r})
	}
	if got := o.intake(); got.LastReceived == nil || got.LastRejection.Reason != string(intake.PathUnknown) {
		t.Errorf("%+v", got)
	}
}

func TestSinkIsNotToBlameForItsQueue(t *testing.T) {
	t.Parallel()
	reports := []delivery.Report{{Name: "bi"}, {Name: "erp", Unfetched: errors.New("fetch for sink \"erp\": timeout")}}
	if got, want := unfetched(reports), "fetch for sink \"erp\": timeout"; got != want {
		t.Errorf("the queue's error is %q, want %q", got, want)
	}
	if s := describe(reports[1], 0); s.State != status.Delivering || s.LastError != "" {
		t.Errorf("the sink is described as %+v", s)
	}
	if got := unfetched(reports[:1]); got != "" {
		t.Errorf("the queue's error is %q, and there is none", got)
	}
}

// A receiver that is asked to end while it starts is on both ways at the same time.
func TestPhasesGoOneWay(t *testing.T) {
	t.Parallel()
	r := &webhook{}
	if err := r.Ready(t.Context()); err == nil || err.Error() != "starting" {
		t.Errorf("at first: %v", err)
	}
	r.setPhase(stopping)
	r.setPhase(ready)
	if err := r.Ready(t.Context()); err == nil || err.Error() != "shutting down" {
		t.Errorf("in the end: %v", err)
	}
}

func TestProblemsAreToldOnce(t *testing.T) {
	t.Parallel()
	r := &webhook{}
	errPort, errSecret := errors.New("intake.address"), errors.New("secret")
	for i, c := range []struct {
		err  error
		news bool
	}{
		{nil, false},
		{errPort, true},
		{errPort, false},
		{errSecret, true},
		{nil, true},
		{errPort, true},
	} {
		if got := r.setProblem(c.err); got != c.news {
			t.Errorf("step %d: news %t, want %t", i, got, c.news)
		}
	}
}
