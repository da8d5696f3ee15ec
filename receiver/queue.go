// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"fmt"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/natsaccess"
	"github.com/superoffice-webhook/operator/receiver/queue"
)

// openQueue opens the queue that a configuration describes, and tells what it waits for.
func (w *webhook) openQueue(ctx context.Context, s *snapshot) (*queue.Queue, error) {
	log := w.log.WithName("queue")
	switch {
	case s.Queue.JetStream != nil:
	case w.server != nil:
		return w.server.Open(ctx, w.name, s.Queue, log)
	default:
		return queue.Open(ctx, w.options.DataDir, s.Queue, log)
	}
	access, err := s.access()
	if err != nil {
		return nil, err
	}
	if w.server != nil { // what changes meanwhile is seen when it is tried again
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, recheck)
		defer cancel()
	}
	q, err := queue.Connect(ctx, access, s.Queue, log, w.waits)
	if err != nil {
		return nil, fmt.Errorf("queue.jetStream: %w", err)
	}
	return q, nil
}

// access is how to get to the queue's cluster; nothing where there is none.
func (s *snapshot) access() (natsaccess.Access, error) {
	c, files := s.Queue.JetStream, s.secrets.Queue
	if c == nil {
		return natsaccess.Access{}, nil
	}
	trust, err := tlsConfig(c.TLS, files)
	if err != nil {
		return natsaccess.Access{}, fmt.Errorf("queue.jetStream.tls.%w", err)
	}
	user, password := credentials(c.Auth, files)
	a := natsaccess.Access{
		URLs: c.URLs, Credentials: files[c.CredentialsFile], Seed: files[c.NKeyFile], User: user, Password: password, TLS: trust,
	}
	if err := a.Validate(); err != nil {
		return a, fmt.Errorf("queue.jetStream: %w", err)
	}
	return a, nil
}

var errQueueMoves = errors.New("queue.jetStream cannot change while the receiver runs, except for replicas, credentials and certificates: restart it")

// sameQueue refuses another queue than the one that is open.
func (s *snapshot) sameQueue(next *snapshot) error {
	was, is := s.Queue.JetStream, next.Queue.JetStream
	if was == nil && is == nil {
		return nil
	}
	if was == nil || is == nil || was.Prefix != is.Prefix {
		return errQueueMoves
	}
	before, problem := s.access()
	after, err := next.access()
	if err = errors.Join(problem, err); err != nil {
		return err
	}
	if !before.SameKind(after) {
		return errQueueMoves
	}
	return nil
}

// configureQueue takes over what can change of a queue that is open.
func (w *webhook) configureQueue(ctx context.Context, next *snapshot) error {
	if w.queue.Shared() {
		access, err := next.access()
		if err != nil {
			return err
		}
		w.queue.SetAccess(access)
	}
	return w.queue.Configure(ctx, next.Queue)
}

// rules are what intake holds requests against. What the queue could not store is refused for its length, since no later
// attempt could go better.
func (w *webhook) rules(s *snapshot) intake.Rules {
	rules := s.rules()
	if most := w.queue.MaxBody(); most < rules.MaxBodyBytes {
		w.log.Info("warning: the servers of the queue take no longer messages; longer bodies are refused with 413",
			"bytes", most, "intake.maxBodyBytes", rules.MaxBodyBytes)
		rules.MaxBodyBytes = most
	}
	return rules
}
