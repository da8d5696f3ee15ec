// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/cluster/agent/atomicdir"
)

const (
	configFile = "receiver.yaml"
	// Where the operator puts the shared secrets.
	currentFile  = "secrets/webhook/current"
	previousFile = "secrets/webhook/previous"

	secret = "Name you provided"
	// nobody listens there.
	nobody = "http://127.0.0.1:1/"
)

// settings are the configuration of a receiver on free ports.
func settings(sinks ...config.Sink) *config.Config {
	return &config.Config{
		APIVersion: config.APIVersion,
		Intake: config.Intake{Address: "127.0.0.1:0", Secrets: []config.SharedSecret{
			{Name: "current", File: currentFile},
			{Name: "previous", File: previousFile, Optional: true},
		}},
		Admin:  config.Admin{Address: "127.0.0.1:0"},
		Events: superoffice.ActivityEvents(),
		// No test takes so long that the queue forgets what it had.
		Queue: config.Queue{DuplicateWindow: config.Duration(time.Hour)},
		Sinks: sinks,
	}
}

// raw is a sink that gets one event after the other as they came, and is tried again soon.
func raw(name, url string) config.Sink {
	return config.Sink{
		Name: name, Format: config.Raw, HTTP: &config.HTTP{URL: url},
		Delivery: config.Delivery{
			Concurrency:    1,
			InitialBackoff: config.Duration(10 * time.Millisecond),
			MaxBackoff:     config.Duration(100 * time.Millisecond),
		},
	}
}

// volume is a folder with the configuration and the secrets of a receiver, laid out and changed as kubelet does.
type volume struct {
	dir   *atomicdir.Dir
	files map[string]string
}

// mount makes a volume with a configuration and the secret.
func mount(t *testing.T, c *config.Config) *volume {
	t.Helper()
	dir, err := atomicdir.New(filepath.Join(t.TempDir(), "config"))
	if err != nil {
		t.Fatal(err)
	}
	v := &volume{dir: dir, files: map[string]string{configFile: text(t, c), currentFile: secret}}
	v.write(t, nil)
	return v
}

// write changes files in one step. Those with no content are removed.
func (v *volume) write(t *testing.T, changes map[string]string) {
	t.Helper()
	maps.Copy(v.files, changes)
	maps.DeleteFunc(v.files, func(_, content string) bool { return content == "" })
	files := atomicdir.Files{}
	for name, content := range v.files {
		files[name] = atomicdir.File{Data: []byte(content), Mode: 0o600}
	}
	if err := v.dir.Write(files); err != nil {
		t.Fatal(err)
	}
}

// configure replaces the configuration and waits until a receiver has it in force.
func (v *volume) configure(t *testing.T, r *receiver, c *config.Config) {
	t.Helper()
	content := text(t, c)
	v.write(t, map[string]string{configFile: content})
	eventually(t, func() string {
		switch s := r.status(t).Config; {
		case s.Error != "":
			t.Fatalf("the configuration is refused: %s", s.Error)
		case s.Hash != config.Hash([]byte(content)):
			return "the configuration is not in force"
		}
		return ""
	})
}

func (v *volume) config() string { return filepath.Join(v.dir.Path(), configFile) }

func text(t *testing.T, c *config.Config) string {
	t.Helper()
	content, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
