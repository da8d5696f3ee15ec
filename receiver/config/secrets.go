// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	// Intake is what the files of intake's certificate hold.
	Intake Files
	// Authorities are what intake.tls.authoritiesFile holds; empty where it is absent.
	Authorities string
	// Queue is what the queue's files hold.
	Queue Files
	// Files of each sink by its name: what its files hold.
	Files map[string]Files
	// Headers of each sink by its name, with the values of files filled in.
	Headers map[string]http.Header
	// Warnings about what is allowed but most likely a mistake, without any value.
	Warnings []string
}

// Files are what files hold, by their names. They print as "[redacted]" whatever the verb.
type Files map[SecretFile]string

// Format implements fmt.Formatter without telling a secret.
func (Files) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// MarshalText implements encoding.TextMarshaler, and so JSON, without telling a secret.
func (Files) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// ReadSecrets reads the files that the configuration names, relative to a folder. The error names every file that is
// missing, empty or too long, and never what is in one.
func (c *Config) ReadSecrets(folder string) (*Secrets, error) {
	s := &Secrets{Files: map[string]Files{}, Headers: map[string]http.Header{}}
	var problems []error
	for _, shared := range c.Intake.Secrets {
		problems = append(problems, s.readShared(folder, shared))
	}
	if len(s.Shared) == 0 && errors.Join(problems...) == nil {
		problems = append(problems, errors.New("intake.secrets: all are optional and none is there, so no signature could be verified"))
	}
	var err error
	s.Intake, err = readFiles(folder, c.Intake.secretFiles())
	problems = append(problems, err, s.readAuthorities(folder, c.Intake.TLS))
	s.Queue, err = readFiles(folder, c.Queue.secretFiles())
	problems = append(problems, err)
	for i := range c.Sinks {
		problems = append(problems, s.readSink(folder, &c.Sinks[i], fmt.Sprintf("sinks[%d]", i)))
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

func (s *Secrets) readAuthorities(folder string, t *ServerTLS) error {
	if t == nil || t.AuthoritiesFile == "" {
		return nil
	}
	value, err := readBelow(folder, t.AuthoritiesFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("intake.tls.authoritiesFile: %w", err)
	}
	s.Authorities = string(value)
	return nil
}

func (s *Secrets) readSink(folder string, sink *Sink, at string) error {
	files, problem := readFiles(folder, sink.secretFiles(at))
	s.Files[sink.Name] = files
	if sink.HTTP == nil {
		return problem
	}
	header, err := sink.HTTP.header(at+".http", files)
	s.Headers[sink.Name] = header
	return errors.Join(problem, err)
}

// readFiles reads what a part of the configuration names.
func readFiles(folder string, names []namedFile) (Files, error) {
	files := Files{}
	var problems []error
	for _, named := range names {
		value, err := readBelow(folder, string(named.file))
		text := strings.TrimSuffix(strings.TrimSuffix(string(value), "\n"), "\r")
		if err == nil && text == "" {
			err = fmt.Errorf("the file %s is empty", named.file)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", named.at, err))
		}
		files[named.file] = text
	}
	return files, errors.Join(problems...)
}

// header fills in the values of files.
func (h *HTTP) header(at string, files Files) (http.Header, error) {
	header := http.Header{}
	for i, one := range h.Headers {
		if one.Value != nil {
			header.Add(one.Name, *one.Value)
			continue
		}
		if strings.ContainsFunc(files[one.File], isControl) {
			return nil, fmt.Errorf("%s.headers[%d].file: the file %s holds a line break or another control character", at, i, one.File)
		}
		header.Add(one.Name, files[one.File])
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
	}) && reflect.DeepEqual(s.Files, other.Files) && maps.Equal(s.Queue, other.Queue) &&
		maps.Equal(s.Intake, other.Intake) && s.Authorities == other.Authorities
}
