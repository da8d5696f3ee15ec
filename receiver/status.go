// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"time"

	"github.com/superoffice-webhook/operator/receiver/delivery"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// phase is where a receiver stands in its life.
type phase int

const (
	starting phase = iota
	ready
	stopping
)

// state is what changes while a receiver runs.
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
func (r *Receiver) setPhase(p phase) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.phase = max(r.state.phase, p)
}

// setProblem tells whether the problem is a new one.
func (r *Receiver) setProblem(err error) bool {
	var text string
	if err != nil {
		text = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := r.state.problem != text
	r.state.problem = text
	return changed
}

func (r *Receiver) snapshot() *snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.snapshot
}

// Ready says why events are not accepted and stored right now; nil while they are.
func (r *Receiver) Ready(ctx context.Context) error {
	r.mu.Lock()
	p := r.state.phase
	r.mu.Unlock()
	switch p {
	case starting:
		return errors.New("starting")
	case stopping:
		return errors.New("shutting down")
	case ready:
	}
	return r.queue.Healthy(ctx)
}

// Alive says why only a restart of the process can help; nil while it runs well.
func (r *Receiver) Alive() error { return r.queue.Alive() }

// Status describes the receiver now. What the queue does not tell is left out, and why stands in the queue's error.
func (r *Receiver) Status(ctx context.Context) status.Status {
	r.mu.Lock()
	now := r.state
	r.mu.Unlock()
	s := status.Status{
		Version: r.options.Version,
		Started: r.started,
		Config:  status.Config{Hash: now.snapshot.Hash, Loaded: now.loaded, Error: now.problem},
		Intake:  r.observed.intake(),
		Sinks:   []status.Sink{},
	}
	s.Intake.CertificateExpires = optional(r.certificate.Expires())
	s.Queue.Shared = r.queue.Shared()
	again := r.queue.Healed()
	s.Queue.StreamsMadeAgain, s.Queue.CursorsMadeAgain = again.Streams, again.Cursors
	if err := r.Ready(ctx); err != nil {
		s.Queue.Error = err.Error()
	} else {
		s.Ready = true
	}
	stats, err := r.queue.Stats(ctx)
	if err != nil {
		s.Queue.Error = err.Error()
		return s
	}
	s.Queue.Events, s.Queue.Bytes, s.Queue.MaxBytes = stats.Events, stats.Bytes, stats.MaxBytes
	for _, n := range stats.DeadLetters {
		s.Queue.DeadLettered += n
	}
	reports, err := r.dispatchers.Report(ctx)
	if err != nil {
		s.Queue.Error = err.Error()
		return s
	}
	for _, report := range reports {
		s.Sinks = append(s.Sinks, describe(report, stats.DeadLetters[report.Name]))
	}
	return s
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
