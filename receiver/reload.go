// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// reload takes over what changed in the files. What is broken is refused as a whole: the former stays in force.
func (r *Receiver) reload(ctx context.Context) {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	if ctx.Err() != nil {
		return
	}
	next, err := readSnapshot(r.options.ConfigFile)
	if err != nil {
		r.refuse(err)
		return
	}
	if next.equal(r.snapshot()) && !r.halfway {
		r.setProblem(nil)
		return
	}
	if err := errors.Join(r.immovable(next), next.check()); err != nil {
		r.refuse(err)
		return
	}
	// Until it is through, even the former configuration would have to be put into force again.
	r.halfway = true
	if err := r.apply(ctx, next); err != nil {
		r.refuse(err)
		return
	}
	r.halfway = false
	r.warn(next)
	r.observed.Reloaded(nil)
	r.options.Log.Info("the changed configuration is in force", "hash", next.Hash, "sinks", len(next.Sinks))
}

// apply puts a snapshot into force. Sinks come before intake, so that an event that is newly wanted finds its cursors.
func (r *Receiver) apply(ctx context.Context, next *snapshot) error {
	if err := r.configureQueue(ctx, next); err != nil {
		return err
	}
	if err := r.tracing.Configure(ctx, next.Tracing); err != nil {
		return err
	}
	if err := r.dispatchers.Apply(ctx, next.targets(), next.Suspend); err != nil {
		return err
	}
	if err := r.showCertificate(next); err != nil {
		return err
	}
	r.handler.SetRules(r.rules(next))
	r.observed.Configured(next.names())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.applied(next)
	return nil
}

// showCertificate has intake show the certificate of a snapshot to those who connect from now on.
func (r *Receiver) showCertificate(s *snapshot) error {
	identity, err := s.identity()
	if err == nil && identity != nil {
		r.certificate.Set(identity.Pair)
	}
	return err
}

// immovable refuses what only a restart could change.
func (r *Receiver) immovable(next *snapshot) error {
	now := r.snapshot()
	if next.Intake.Address != now.Intake.Address || next.Admin.Address != now.Admin.Address {
		return fmt.Errorf("intake.address and admin.address cannot change while the receiver runs (from %s and %s): restart it",
			now.Intake.Address, now.Admin.Address)
	}
	if (next.Intake.TLS == nil) != (now.Intake.TLS == nil) {
		return errors.New("intake.tls cannot come or go while the receiver runs: restart it")
	}
	return now.sameQueue(next)
}

// refuse tells of a problem once.
func (r *Receiver) refuse(err error) {
	if !r.setProblem(err) {
		return
	}
	r.observed.Reloaded(err)
	r.options.Log.Error(err, "the changed configuration is refused; the former stays in force")
}

func (r *Receiver) warn(s *snapshot) {
	if len(s.secrets.Warnings) > 0 {
		r.options.Log.Info("warning: " + strings.Join(s.secrets.Warnings, "; "))
	}
}
