// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// minimal is the shortest configuration that is valid.
func minimal() *config.Config {
	return &config.Config{
		APIVersion: config.APIVersion,
		Intake:     config.Intake{Secrets: []config.SharedSecret{{Name: "current", File: "secret"}}},
		Events:     []string{"activity.created"},
		Sinks:      []config.Sink{{Name: "erp", HTTP: &config.HTTP{URL: "https://erp.example.com/hooks"}}},
	}
}

// with changes the minimal configuration.
func with(change func(*config.Config)) *config.Config {
	c := minimal()
	change(c)
	return c
}

// header is a sink's only header.
func header(h config.Header) func(*config.Config) {
	return func(c *config.Config) { c.Sinks[0].HTTP.Headers = []config.Header{h} }
}

func marshal(t *testing.T, c *config.Config) []byte {
	t.Helper()
	data, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t *testing.T, data []byte) *config.Config {
	t.Helper()
	c, err := config.Parse(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return c
}

// same fails with the difference of two configurations. An empty list is none.
func same(t *testing.T, want, got *config.Config) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// fails checks that an error has exactly this text.
func fails(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("it was accepted, want the error\n%s", want)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func ptr[T any](v T) *T { return &v }
