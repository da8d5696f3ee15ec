// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

const (
	root = "../../"
	// command is the README's, below "Without Kubernetes".
	command = "go run ./cmd/receiver --config config/samples/receiver.yaml --data-dir /tmp/receiver"
)

// TestSample holds the sample of a configuration against what is said of it.
func TestSample(t *testing.T) {
	t.Parallel()
	sample, err := config.ReadFile(root + "config/samples/receiver.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := config.Parse([]byte(text(t, &config.Config{ // which fills in the defaults
		APIVersion: config.APIVersion,
		Intake: config.Intake{
			Address: "127.0.0.1:8080", Path: "/webhook",
			Secrets: []config.SharedSecret{{Name: "current", File: "secret"}},
		},
		Admin:  config.Admin{Address: "127.0.0.1:8081"},
		Events: []string{"activity.created", "activity.changed", "activity.deleted"},
		Sinks:  []config.Sink{{Name: "demo", Format: config.Raw, HTTP: &config.HTTP{URL: "http://127.0.0.1:9090/"}}},
	})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &sample.Config); diff != "" {
		t.Errorf("(-said +is)\n%s", diff)
	}
	secrets, err := sample.ReadSecrets(root + "config/samples")
	if err != nil {
		t.Fatal(err)
	}
	if !secrets.Shared[0].Secret.Equal(superoffice.NewSecret([]byte("Name you provided"))) || len(secrets.Warnings) > 0 {
		t.Errorf("the secret is not that of the documentation's samples, warnings: %q", secrets.Warnings)
	}
}

// TestStandalone does what the README says for a machine without Kubernetes, on other ports.
func TestStandalone(t *testing.T) {
	t.Parallel()
	if readme := content(t, root+"README.md"); !strings.Contains(readme, "\n"+command+"\n") {
		t.Errorf("the README does not say %q", command)
	}
	if sample := content(t, root+"config/samples/receiver.yaml"); !strings.Contains(sample, command) {
		t.Errorf("the sample does not say %q", command)
	}
	sink := serve(t, nil)
	dir := t.TempDir()
	for _, name := range []string{"receiver.yaml", "secret"} {
		text := strings.NewReplacer(
			"address: 127.0.0.1:8080", "address: 127.0.0.1:0",
			"address: 127.0.0.1:8081", "address: 127.0.0.1:0",
			"url: http://127.0.0.1:9090/", "url: "+sink.URL,
		).Replace(content(t, root+"config/samples/"+name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := strings.NewReplacer(
		"config/samples/receiver.yaml", filepath.Join(dir, "receiver.yaml"),
		"/tmp/receiver", filepath.Join(dir, "data"),
	).Replace(strings.TrimPrefix(command, "go run ./cmd/receiver "))
	r := launch(t, "", strings.Fields(args)...)
	r.receives(t)
	event, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(r.intake, "/webhook") {
		t.Errorf("it receives on %s", r.intake)
	}
	r.accepts(t, newPoster(t), event)
	sink.gets(t, event)
	r.settles(t, "demo")
	r.terminate()
	r.ends(t, 0)
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
