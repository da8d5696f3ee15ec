// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"time"

	"github.com/superoffice-webhook/operator/receiver/delivery"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// phase is where a webhook, or a process, stands in its life.
type phase int

const (
	starting phase = iota
	ready
	stopping
)

// state is what changes while a webhook is received.
type state struct {
	phase    phase
	snapshot *snapshot
	loaded   time.Time
	problem  string // why a newer configuration was refused
}

func (s *state) applied(next *snapshot) {
	s.snapshot, s.loaded, s.problem = next, time.Now().UTC(), ""
}

// setPhase goes on to a phase, and never back: a receiver that is to end while it starts does not become ready.
func (w *webhook) setPhase(p phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.phase = max(w.state.phase, p)
}

// setProblem tells whether the problem is a new one.
func (w *webhook) setProblem(err error) bool {
	var text string
	if err != nil {
		text = err.Error()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := w.state.problem != text
	w.state.problem = text
	return changed
}

func (w *webhook) snapshot() *snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.snapshot
}

// Ready says why events are not accepted and stored right now; nil while they are.
func (w *webhook) Ready(ctx context.Context) error {
	w.mu.Lock()
	p := w.state.phase
	w.mu.Unlock()
	if err := p.accepts(); err != nil {
		return err
	}
	return w.queue.Healthy(ctx)
}

// accepts says why events are not accepted.
func (p phase) accepts() error {
	switch p {
	case starting:
		return errors.New("starting")
	case stopping:
		return errors.New("shutting down")
	default:
		return nil
	}
}

// Alive says why only a restart of the process can help; nil while it runs well.
func (w *webhook) Alive() error { return w.queue.Alive() }

// Status describes the webhook now. What the queue does not tell is left out, and why stands in the queue's error.
func (w *webhook) Status(ctx context.Context) status.Status {
	w.mu.Lock()
	now := w.state
	w.mu.Unlock()
	s := status.Status{
		Version: w.options.Version,
		Started: w.started,
		Config:  status.Config{Hash: now.snapshot.Hash, Loaded: now.loaded, Error: now.problem},
		Intake:  w.observed.intake(),
		Sinks:   []status.Sink{},
	}
	s.Intake.CertificateExpires = optional(w.certificate.Expires())
	s.Queue.Shared = w.queue.Shared()
	again := w.queue.Healed()
	s.Queue.StreamsMadeAgain, s.Queue.CursorsMadeAgain = again.Streams, again.Cursors
	if err := w.Ready(ctx); err != nil {
		s.Queue.Error = err.Error()
	} else {
		s.Ready = true
	}
	stats, err := w.queue.Stats(ctx)
	if err != nil {
		s.Queue.Error = err.Error()
		return s
	}
	s.Queue.Events, s.Queue.Bytes, s.Queue.MaxBytes = stats.Events, stats.Bytes, stats.MaxBytes
	for _, n := range stats.DeadLetters {
		s.Queue.DeadLettered += n
	}
	reports, err := w.dispatchers.Report(ctx)
	if err != nil {
		s.Queue.Error = err.Error()
		return s
	}
	for _, report := range reports {
		s.Sinks = append(s.Sinks, describe(report, stats.DeadLetters[report.Name]))
	}
	if s.Queue.Error == "" {
		s.Queue.Error = unfetched(reports)
	}
	return s
}

// unfetched is why the queue hands out no events for the first of the sinks that this is so for, which is not the fault of the sink.
func unfetched(reports []delivery.Report) string {
	for _, report := range reports {
		if report.Unfetched != nil {
			return report.Unfetched.Error()
		}
	}
	return ""
}

func describe(report delivery.Report, dead int64) status.Sink {
	s := status.Sink{
		Name:          report.Name,
		State:         status.Delivering,
		CircuitOpen:   report.CircuitOpen,
		Pending:       report.Pending,
		OldestPending: optional(report.Oldest),
		DeadLettered:  dead,
		LastDelivery:  optional(report.LastDelivery),
	}
	if report.LastError != nil {
		s.State, s.LastError = status.Failing, report.LastError.Error()
	}
	if report.Paused {
		s.State = status.Suspended
	}
	if report.WaitingFor != "" {
		s.State, s.LastError = status.Failing, "not tried: "+report.WaitingFor
	}
	return s
}

// optional leaves out a time that never came.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
