// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/delivery"
	"github.com/superoffice-webhook/operator/receiver/handover"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// snapshot is a configuration with the secrets that it names, as read at one time.
type snapshot struct {
	*config.File
	secrets *config.Secrets
	webhook string // its name among others; empty for one alone
}

func readSnapshot(path, webhook string) (*snapshot, error) {
	file, err := config.ReadFile(path)
	if err != nil {
		return nil, err
	}
	secrets, err := file.ReadSecrets(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	return &snapshot{File: file, secrets: secrets, webhook: webhook}, nil
}

func (s *snapshot) equal(other *snapshot) bool {
	return s.Hash == other.Hash && s.secrets.Equal(other.secrets)
}

// rules are what intake holds requests against.
func (s *snapshot) rules() intake.Rules {
	return intake.Rules{
		Path:         s.Intake.Path,
		MaxBodyBytes: s.Intake.MaxBodyBytes,
		Secrets:      s.secrets.Shared,
		Tenants:      s.Tenants,
		Associates:   s.IgnoreAssociates,
		Events:       s.Events,
		Sinks:        s.Sinks,
		Generation:   s.HandOver.Generation,
	}
}

// targets are what is delivered to.
func (s *snapshot) targets() []delivery.Target {
	targets := make([]delivery.Target, len(s.Sinks))
	for i, c := range s.Sinks {
		files, header := s.secrets.Files[c.Name], s.secrets.Headers[c.Name]
		targets[i] = delivery.Target{Config: c, Events: s.Events, Secrets: files, Open: func() (sink.Sink, error) {
			return openSink(c, files, header, s.webhook)
		}}
	}
	return targets
}

// fits says why a webhook among others cannot be as it is configured.
func (s *snapshot) fits() error {
	if s.Intake.TLS != nil {
		return errors.New("intake.tls: a process that receives many webhooks speaks no TLS; leave it to a proxy in front")
	}
	return nil
}

// names are the values of labels that the configuration brings: the slots of the secrets that are there, and the sinks.
func (s *snapshot) names() (slots, sinks []string) {
	for _, slot := range s.secrets.Shared {
		slots = append(slots, slot.Name)
	}
	for _, c := range s.Sinks {
		sinks = append(sinks, c.Name)
	}
	return slots, sinks
}

// identity is the certificate that intake shows; nil where it speaks no TLS.
func (s *snapshot) identity() (*handover.Identity, error) {
	t := s.Intake.TLS
	if t == nil {
		return nil, nil
	}
	pair, err := readPair(t.CertificateFile, t.KeyFile, s.secrets.Intake)
	if err != nil {
		return nil, fmt.Errorf("intake.tls.%w", err)
	}
	return &handover.Identity{Pair: pair, Authorities: s.secrets.Authorities}, nil
}

// check looks at intake's certificate and at how to get to the queue, and makes each sink once, so that what cannot be made
// is refused before anything has changed.
func (s *snapshot) check() error {
	_, inaccessible := s.access()
	_, unidentified := s.identity()
	problems := []error{inaccessible, unidentified}
	for i, t := range s.targets() {
		made, err := t.Open()
		if err == nil {
			err = made.Close()
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("sinks[%d].%w", i, err))
		}
	}
	return errors.Join(problems...)
}
