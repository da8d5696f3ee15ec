// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// messages reads what is to be posted.
func (o *options) messages(stdin io.Reader) ([]message, error) {
	if o.file != "" {
		m, err := o.fileMessage(stdin)
		return []message{m}, err
	}
	names := o.samples
	switch {
	case len(names) == 0 && o.test:
		names = []string{superoffice.Test}
	case len(names) == 0:
		names = []string{superoffice.ActivityCreated}
	}
	var messages []message
	for _, name := range names {
		body, err := fixtures.Body(name)
		if err != nil {
			return nil, exit.Errorf(exit.Usage, "%w; there are %s", err, strings.Join(sampleNames(), ", "))
		}
		m, err := o.message(body)
		if err != nil {
			return nil, fmt.Errorf("the sample %q: %w", name, err)
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// sampleNames are the events that there are samples of.
func sampleNames() []string {
	var names []string
	for _, body := range fixtures.All() {
		if e, err := superoffice.Parse(body); err == nil {
			if _, err := fixtures.Body(e.Name); err == nil {
				names = append(names, e.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (o *options) fileMessage(stdin io.Reader) (message, error) {
	name, body, err := "standard input", []byte(nil), error(nil)
	if o.file == "-" {
		body, err = io.ReadAll(stdin)
	} else {
		name = o.file
		body, err = os.ReadFile(o.file)
	}
	if err != nil {
		return message{}, fmt.Errorf("read the body: %w", err)
	}
	if o.unchecked {
		m, err := newMessage(body)
		if err != nil {
			m.body = body
		}
		m.test = m.test || o.test
		return m, nil
	}
	m, err := o.message(body)
	if err != nil {
		return message{}, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// message makes sure that an event can be posted as often as wanted.
func (o *options) message(body []byte) (message, error) {
	m, err := newMessage(body)
	if err != nil {
		return message{}, fmt.Errorf("%w (--unchecked posts a file all the same)", err)
	}
	m.test = m.test || o.test
	if o.fresh {
		_, err = m.fresh("", time.Time{})
	}
	return m, err
}

// givenSecret reads the shared secret where the command line says that it is.
func (o *options) givenSecret(stderr io.Writer) (superoffice.Secret, error) {
	value, err := o.secret.Read()
	if err != nil {
		return superoffice.Secret{}, err
	}
	if o.secret.File != "" && bytes.HasSuffix(value, []byte("\n")) {
		fmt.Fprintf(stderr, "note: %s ends with a newline, which is taken for a part of the secret\n", o.secret.File)
	}
	return superoffice.NewSecret(value), nil
}

// forged is a secret that nobody knows.
func forged() superoffice.Secret {
	value := make([]byte, 32)
	_, _ = rand.Read(value) // never fails
	return superoffice.NewSecret(value)
}
