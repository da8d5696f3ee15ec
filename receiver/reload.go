// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// reload takes over what changed in the files. What is broken is refused as a whole: the former stays in force.
func (w *webhook) reload(ctx context.Context) {
	w.reloading.Lock()
	defer w.reloading.Unlock()
	if ctx.Err() != nil {
		return
	}
	next, err := readSnapshot(w.file, w.name)
	if err != nil {
		w.refuse(err)
		return
	}
	if next.equal(w.snapshot()) && !w.halfway {
		w.setProblem(nil)
		return
	}
	if err := errors.Join(w.immovable(next), next.check()); err != nil {
		w.refuse(err)
		return
	}
	// Until it is through, even the former configuration would have to be put into force again.
	w.halfway = true
	if err := w.apply(ctx, next); err != nil {
		w.refuse(err)
		return
	}
	w.halfway = false
	w.warn(next)
	w.observed.Reloaded(nil)
	w.log.Info("the changed configuration is in force", "hash", next.Hash, "sinks", len(next.Sinks))
}

// apply puts a snapshot into force. Sinks come before intake, so that an event that is newly wanted finds its cursors. Only
// secrets do not wait for them: a sink stops no sooner than it has answered, and events are signed with a new secret meanwhile.
func (w *webhook) apply(ctx context.Context, next *snapshot) error {
	if w.paths != nil {
		if err := w.paths.claim(next.Intake.Path); err != nil {
			return err
		}
		defer func() { w.paths.keep(w.snapshot().Intake.Path) }()
	}
	w.handler.SetSecrets(next.secrets.Shared)
	if err := w.configureQueue(ctx, next); err != nil {
		return err
	}
	if err := w.tracing.Configure(ctx, next.Tracing); err != nil {
		return err
	}
	if err := w.dispatchers.Apply(ctx, next.targets(), next.Suspend); err != nil {
		return err
	}
	if err := w.showCertificate(next); err != nil {
		return err
	}
	w.handler.SetRules(w.rules(next))
	w.observed.Configured(next.names())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.applied(next)
	return nil
}

// showCertificate has intake show the certificate of a snapshot to those who connect from now on.
func (w *webhook) showCertificate(s *snapshot) error {
	identity, err := s.identity()
	if err == nil && identity != nil {
		w.certificate.Set(identity.Pair)
	}
	return err
}

// immovable refuses what only a restart could change.
func (w *webhook) immovable(next *snapshot) error {
	now := w.snapshot()
	if w.paths != nil {
		return errors.Join(now.sameQueue(next), next.fits())
	}
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
func (w *webhook) refuse(err error) {
	if !w.setProblem(err) {
		return
	}
	w.observed.Reloaded(err)
	w.log.Error(err, "the changed configuration is refused; the former stays in force")
}

func (w *webhook) warn(s *snapshot) {
	if len(s.secrets.Warnings) > 0 {
		w.log.Info("warning: " + strings.Join(s.secrets.Warnings, "; "))
	}
}
