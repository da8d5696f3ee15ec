// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/await"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own. It is
	// shorter than recheck, so that what is found by then was notified.
	patience = recheck - 5*time.Second

	secret = "Name you provided"
	// nobody listens there.
	nobody = "http://127.0.0.1:1/"
)

// eventually waits until a condition holds; it says why it does not.
var eventually = await.Within(patience)

// settings write a configuration with sinks, and the secret, into a new folder and return the path.
func settings(t *testing.T, change func(*config.Config)) string {
	t.Helper()
	c := &config.Config{
		APIVersion: config.APIVersion,
		Intake: config.Intake{
			Address: "127.0.0.1:0", Secrets: []config.SharedSecret{{Name: "current", File: "secret"}},
		},
		Admin:  config.Admin{Address: "127.0.0.1:0"},
		Events: superoffice.ActivityEvents(),
	}
	change(c)
	text, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "secret"), secret)
	path := filepath.Join(folder, "receiver.yaml")
	write(t, path, string(text))
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
