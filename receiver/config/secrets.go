// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// maxSecretLength is what SuperOffice's database has room for, in bytes of UTF-8
// (400 characters, https://docs.superoffice.com/en/database/tables/webhook.html).
const maxSecretLength = 4 * 400

// Slot is a shared secret that is accepted, under the name by which metrics tell which one is still in use.
type Slot struct {
	Name   string
	Secret superoffice.Secret
}

// Secrets are the contents of all files that a configuration names.
type Secrets struct {
	// Shared secrets, in the order of the configuration; optional ones that are absent left out.
	Shared []Slot
	// Headers of each sink by its name, with the values of files filled in.
	Headers map[string]http.Header
	// Warnings about what is allowed but most likely a mistake, without any value.
	Warnings []string
}

// ReadSecrets reads the files that the configuration names, relative to a folder. The error names every file that is
// missing, empty or too long, and never what is in one.
func (c *Config) ReadSecrets(folder string) (*Secrets, error) {
	s := &Secrets{Headers: map[string]http.Header{}}
	var problems []error
	for _, shared := range c.Intake.Secrets {
		problems = append(problems, s.readShared(folder, shared))
	}
	if len(s.Shared) == 0 && errors.Join(problems...) == nil {
		problems = append(problems, errors.New("intake.secrets: all are optional and none is there, so no signature could be verified"))
	}
	for i, sink := range c.Sinks {
		if sink.HTTP == nil {
			continue
		}
		header, err := sink.HTTP.readHeaders(folder)
		if err != nil {
			err = fmt.Errorf("sinks[%d].http.%w", i, err)
		}
		s.Headers[sink.Name] = header
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Secrets) readShared(folder string, shared SharedSecret) error {
	value, err := readBelow(folder, shared.File)
	switch {
	case errors.Is(err, fs.ErrNotExist) && shared.Optional:
		return nil
	case err != nil:
		return fmt.Errorf("secret %q: %w", shared.Name, err)
	case len(value) == 0:
		return fmt.Errorf("secret %q: the file %s is empty", shared.Name, shared.File)
	case len(value) > maxSecretLength:
		return fmt.Errorf("secret %q: the file %s has %d bytes, more than SuperOffice can hold", shared.Name, shared.File, len(value))
	}
	if strings.HasSuffix(string(value), "\n") {
		s.Warnings = append(s.Warnings, fmt.Sprintf("secret %q: the file %s ends with a line break, which counts as part of the secret; "+
			"was it written by an editor?", shared.Name, shared.File))
	}
	s.Shared = append(s.Shared, Slot{Name: shared.Name, Secret: superoffice.NewSecret(value)})
	return nil
}

func (h *HTTP) readHeaders(folder string) (http.Header, error) {
	header := http.Header{}
	for i, one := range h.Headers {
		if one.Value != nil {
			header.Add(one.Name, *one.Value)
			continue
		}
		value, err := readBelow(folder, one.File)
		if err != nil {
			return nil, fmt.Errorf("headers[%d]: %w", i, err)
		}
		text := strings.TrimSuffix(strings.TrimSuffix(string(value), "\n"), "\r")
		if strings.ContainsFunc(text, isControl) {
			return nil, fmt.Errorf("headers[%d]: the file %s holds a line break or another control character", i, one.File)
		}
		header.Add(one.Name, text)
	}
	return header, nil
}

// readBelow reads a file of a folder; the error names it as the configuration does.
func readBelow(folder, name string) ([]byte, error) {
	value, err := os.ReadFile(filepath.Join(folder, name)) // #nosec G304 -- validated to lie below the folder
	var path *fs.PathError
	if errors.As(err, &path) {
		return nil, fmt.Errorf("the file %s cannot be read: %w", name, path.Err)
	}
	return value, err
}

// Equal tells whether two readings found the same.
func (s *Secrets) Equal(other *Secrets) bool {
	return slices.EqualFunc(s.Shared, other.Shared, func(a, b Slot) bool {
		return a.Name == b.Name && a.Secret.Equal(b.Secret)
	}) && reflect.DeepEqual(s.Headers, other.Headers)
}
