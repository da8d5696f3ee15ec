// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
)

// SecretSource is where the command line says that the shared secret is, instead of the resource's Secret. The secret itself
// is never on the command line, where other users of the machine could read it.
type SecretSource struct {
	File string
	Env  string
}

// AddFlags adds --secret-file and --secret-env.
func (s *SecretSource) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&s.File, "secret-file", "", "file with the shared secret, used byte for byte")
	f.StringVar(&s.Env, "secret-env", "", "name of the environment variable that holds the shared secret")
}

// Check refuses two sources.
func (s *SecretSource) Check() error {
	if s.File != "" && s.Env != "" {
		return errors.New("--secret-file and --secret-env exclude each other")
	}
	return nil
}

// Given tells whether there is a source.
func (s *SecretSource) Given() bool { return s.File != "" || s.Env != "" }

// Read reads the secret, which is not empty.
func (s *SecretSource) Read() ([]byte, error) {
	var value []byte
	if s.File != "" {
		var err error
		if value, err = os.ReadFile(s.File); err != nil {
			return nil, fmt.Errorf("read the secret: %w", err)
		}
	} else {
		text, ok := os.LookupEnv(s.Env)
		if !ok {
			return nil, fmt.Errorf("the environment variable %s, which --secret-env names, is not set", s.Env)
		}
		value = []byte(text)
	}
	if len(value) == 0 {
		return nil, errors.New("the secret is empty")
	}
	return value, nil
}
