// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"--help explains every flag", []string{"--help"}, 0, []string{"-config", "-data-dir", "-shutdown-delay", "-drain-timeout", "-v "}},
		{"flags are required", nil, 2, []string{"--data-dir and either --config or --config-dir are required", "--config config/samples/receiver.yaml --data-dir /tmp/receiver"}},
		{"--config is required", []string{"--data-dir", "x"}, 2, []string{"--data-dir and either --config or --config-dir are required"}},
		{"--config-dir takes the place of --config", []string{"--config", "x", "--config-dir", "y", "--data-dir", "z"}, 2, []string{"either --config or --config-dir"}},
		{"--intake-address would not count", []string{"--config", "x", "--data-dir", "y", "--intake-address", ":1"}, 2, []string{"--intake-address needs --config-dir"}},
		{"--admin-address would not count", []string{"--config", "x", "--data-dir", "y", "--admin-address", ":1"}, 2, []string{"--admin-address needs --config-dir"}},
		{"--config-dir has to be there", []string{"--config-dir", "nowhere", "--data-dir", "y", "--intake-address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0"}, 1, []string{"list the folders with configurations", "nowhere"}},
		{"--data-dir is required", []string{"--config", "x"}, 2, []string{"--data-dir and either --config or --config-dir are required"}},
		{"an unknown flag is refused", []string{"--configuration", "x"}, 2, []string{"flag provided but not defined: -configuration", "--help explains"}},
		{"a duration must be one", []string{"--drain-timeout", "20"}, 2, []string{`invalid value "20" for flag -drain-timeout`, "--help explains"}},
		{"an argument is refused", []string{"--config", "x", "--data-dir", "x", "serve"}, 2, []string{`unexpected argument "serve"`, "--help explains"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := launch(t, "", c.args...)
			if code := r.exits(t); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			r.mentions(t, c.says...)
			if n := strings.Count(r.said.String(), "\n"); c.code != 0 && n != 1 {
				t.Errorf("it says it in %d lines, want one", n)
			}
		})
	}
}

// TestCannotStart shows that a receiver that cannot do its work says why and ends with exit code 1.
func TestCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for _, c := range []struct {
		name    string
		change  func(*config.Config)
		changes map[string]string
		says    []string
	}{
		{name: "without its configuration", changes: map[string]string{configFile: ""}, says: []string{"CONFIG", "no such file or directory"}},
		{name: "by a configuration that is no YAML", changes: map[string]string{configFile: "{"}, says: []string{"CONFIG", "yaml"}},
		{name: "by a configuration with invalid fields", change: func(c *config.Config) {
			c.Intake.Secrets, c.Sinks[0].HTTP.URL = nil, "ftp://example.com"
		}, says: []string{"CONFIG", "intake.secrets: must name at least one secret", "sinks[0].http.url: must be an absolute http or https URL"}},
		{name: "without the secret", changes: map[string]string{currentFile: ""}, says: []string{`secret \"current\"`, currentFile, "no such file or directory"}},
		{name: "when the port of intake is taken", change: func(c *config.Config) { c.Intake.Address = taken.Addr().String() }, says: []string{
			"intake.address", taken.Addr().String(), "address already in use",
		}},
		{name: "when the port of admin is taken", change: func(c *config.Config) { c.Admin.Address = taken.Addr().String() }, says: []string{
			"admin.address", taken.Addr().String(), "address already in use",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := settings(raw("erp", nobody))
			v := mount(t, s)
			if c.change != nil {
				c.change(s)
				c.changes = map[string]string{configFile: text(t, s)}
			}
			v.write(t, c.changes)
			r := launch(t, "", "--config", v.config(), "--data-dir", t.TempDir())
			r.fails(t, v, c.says...)
		})
	}
	t.Run("when its directory is a file", func(t *testing.T) {
		t.Parallel()
		v, dir := mount(t, settings(raw("erp", nobody))), filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		launch(t, "", "--config", v.config(), "--data-dir", dir).fails(t, v, dir, "not a directory")
	})
	t.Run("when another process has its directory", func(t *testing.T) {
		t.Parallel()
		sink := serve(t, nil)
		v, dir := mount(t, settings(raw("erp", sink.URL))), filepath.Join(t.TempDir(), "made", "when needed")
		first := start(t, v, dir)
		launch(t, "", "--config", v.config(), "--data-dir", dir).fails(t, v, dir, "in use by another process")
		event := fresh(t, superoffice.ActivityCreated)
		first.accepts(t, newPoster(t), event)
		sink.gets(t, event)
		first.kill()
		start(t, v, dir) // the kernel let go of it
	})
}

// fails waits for the end with exit code 1 and looks at what is said; CONFIG stands for the path of the configuration.
func (r *receiver) fails(t *testing.T, v *volume, says ...string) {
	t.Helper()
	if code := r.exits(t); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, part := range says {
		r.mentions(t, strings.ReplaceAll(part, "CONFIG", v.config()))
	}
	if n := strings.Count(r.said.String(), "\n"); n != 1 {
		t.Errorf("it says it in %d lines, want one", n)
	}
}

func (r *receiver) mentions(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.said.String(), part) {
			t.Errorf("it does not say %q but\n%s", part, r.said)
		}
	}
}

// BIND_ADDRESS makes several receivers with the same configuration possible on one machine.
func TestBindAddress(t *testing.T) {
	t.Parallel()
	c := settings(raw("erp", nobody))
	c.Intake.Address, c.Admin.Address = ":0", "127.0.0.1:0"
	r := startOn(t, "127.20.0.1", mount(t, c), t.TempDir())
	for what, url := range map[string]string{"intake": r.intake, "admin": r.admin} {
		if !strings.HasPrefix(url, "http://127.20.0.1:") {
			t.Errorf("%s is at %s", what, url)
		}
	}
	r.accepts(t, newPoster(t), fresh(t, superoffice.ActivityCreated))
	if s := r.sink(t, "erp"); s.Pending != 1 {
		t.Errorf("the sink: %+v", s)
	}
}
