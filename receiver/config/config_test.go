// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/test/golden"
)

func TestParseCompletes(t *testing.T) {
	for name, file := range map[string]string{
		"the smallest file":        "testdata/minimal.yaml",
		"the sample of a receiver": "../../config/samples/receiver.yaml",
	} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := marshal(t, parse(t, data))
			golden.Check(t, filepath.Join("testdata", strings.TrimSuffix(filepath.Base(file), ".yaml")+".golden.yaml"), string(got))
		})
	}
}

func TestParseMakesDefaultsFit(t *testing.T) {
	const second, hour = config.Duration(time.Second), config.Duration(time.Hour)
	for name, c := range map[string]struct{ given, want func(*config.Config) }{
		"a queue that keeps events for a short time shortens the window and the attempts": {
			func(c *config.Config) { c.Queue.MaxAge = second },
			func(c *config.Config) { c.Queue.DuplicateWindow, c.Sinks[0].Delivery.MaxAge = second, second },
		},
		"a long first pause lengthens the longest": {
			func(c *config.Config) { c.Sinks[0].Delivery.InitialBackoff = hour },
			func(c *config.Config) { c.Sinks[0].Delivery.MaxBackoff = hour },
		},
		"a short longest pause shortens the first": {
			func(c *config.Config) { c.Sinks[0].Delivery.MaxBackoff = second / 2 },
			func(c *config.Config) { c.Sinks[0].Delivery.InitialBackoff = second / 2 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := parse(t, marshal(t, minimal()))
			c.given(want)
			c.want(want)
			same(t, want, parse(t, marshal(t, with(c.given))))
		})
	}
}

func TestParseKeepsWhatIsGiven(t *testing.T) {
	want := &config.Config{
		APIVersion: config.APIVersion,
		Suspend:    true,
		Intake: config.Intake{
			Address: "127.0.0.1:1", Path: "/crm/v1/", MaxBodyBytes: 1024,
			Secrets: []config.SharedSecret{{Name: "current", File: "a/b"}, {Name: "previous", File: "c", Optional: true}},
		},
		Admin:            config.Admin{Address: "[::1]:2"},
		Tenants:          []string{"Cust12345", "Default"},
		IgnoreAssociates: []int64{0, 1<<63 - 1},
		Events:           []string{"activity.deleted", "activity.created"},
		Queue: config.Queue{
			MaxBytes: 16 << 20, MaxAge: config.Duration(2 * time.Hour), DuplicateWindow: config.Duration(time.Second), Sync: true,
		},
		Sinks: []config.Sink{{
			Name: "erp", Events: []string{"activity.created"}, Format: config.CloudEventsStructured, Filter: "event.PrimaryKey > 1",
			HTTP: &config.HTTP{
				URL: "http://user-agent.example:8080/a?b=c", Timeout: config.Duration(time.Millisecond),
				Headers:         []config.Header{{Name: "X-Team", Value: ptr("")}, {Name: "X-Key", File: "key"}, {Name: "X-Key", Value: ptr("2")}},
				SigningKeyFiles: []config.SecretFile{"k1", "k2"}, AllowLinkLocal: true,
				Auth: &config.HTTPAuth{OAuth2: &config.OAuth2{
					TokenURL: "https://login.example.com/token", ClientID: "me", ClientSecretFile: "client", Scopes: []string{"a", "b"}, Audience: "c",
				}},
				TLS: &config.TLS{CAFile: "ca.crt", CertificateFile: "tls.crt", KeyFile: "tls.key"},
			},
			Delivery: config.Delivery{
				Order: config.PerRecord, Concurrency: 256, PerSecond: 100_000, InitialBackoff: config.Duration(time.Millisecond),
				MaxBackoff: config.Duration(24 * time.Hour), MaxAge: config.Duration(2 * time.Hour), MaxAttempts: 1,
				Circuit: config.Circuit{After: config.Duration(time.Millisecond), ProbeInterval: config.Duration(24 * time.Hour)},
			},
		}},
	}
	same(t, want, parse(t, marshal(t, want)))
}

func TestParseReadsYAMLAndJSON(t *testing.T) {
	want := parse(t, marshal(t, minimal()))
	same(t, want, parse(t, []byte(`{"apiVersion": "receiver.superoffice.dev/v1",
		"intake": {"secrets": [{"name": "current", "file": "secret"}]}, "events": ["activity.created"],
		"sinks": [{"name": "erp", "http": {"url": "https://erp.example.com/hooks"}}]}`)))
}

func TestMarshal(t *testing.T) {
	t.Run("writes what Parse reads as the same, awkward texts included", func(t *testing.T) {
		for _, text := range []string{
			"", " ", "yes", "null", "~", "1", "0x10", "1e3", "1_000", "12:30", "2026-02-03", "-", "- a", "a: b", "#", " # ", "'", `"`, "\\n",
			"\t", "a\nb\n", "\r\n", "\x00", "\u2028", "\ufeff", "\ufffd", "ü", "😀", "*a", "&a", "!a", "%", "@", "`", "{", "[", "|", ">", "<<", "=", "---", "...",
		} {
			want := parse(t, marshal(t, minimal()))
			want.Tenants = []string{text}
			same(t, want, parse(t, marshal(t, want)))
		}
	})
	t.Run("refuses what YAML has no form for", func(t *testing.T) {
		if data, err := with(func(c *config.Config) { c.Tenants = []string{"\x7f"} }).Marshal(); err == nil {
			t.Errorf("it wrote %q", data)
		}
	})
	t.Run("writes equal bytes for equal configurations", func(t *testing.T) {
		if a, b := marshal(t, minimal()), marshal(t, minimal()); !bytes.Equal(a, b) {
			t.Errorf("%s\ndiffers from\n%s", a, b)
		}
	})
}

func TestDuration(t *testing.T) {
	t.Run("is written and read as text", func(t *testing.T) {
		for text, want := range map[string]time.Duration{
			"500ms": 500 * time.Millisecond, "1h30m": 90 * time.Minute, "168h": 168 * time.Hour, "0": 0, "-1.5s": -1500 * time.Millisecond,
		} {
			var d, again config.Duration
			if err := d.UnmarshalText([]byte(text)); err != nil || d.Std() != want {
				t.Errorf("%s was read as %s, %v", text, d.Std(), err)
			}
			written, err := d.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			if err := again.UnmarshalText(written); err != nil || again != d {
				t.Errorf("%s was written as %s and read as %s, %v", text, written, again.Std(), err)
			}
		}
	})
	t.Run("stays as it is when the text is none", func(t *testing.T) {
		for _, text := range []string{"", "1", "7d", "soon", "1h 30m", "9999999h"} {
			d := config.Duration(time.Second)
			if err := d.UnmarshalText([]byte(text)); err == nil || d.Std() != time.Second {
				t.Errorf("%q was read as %s, %v", text, d.Std(), err)
			}
		}
	})
}

func TestHash(t *testing.T) {
	// sha256sum of the same bytes.
	const want = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	if got := config.Hash([]byte("foo")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if config.Hash([]byte("foo\n")) == want {
		t.Error("a line end more makes no difference")
	}
	file := func(url string, generation int64) []byte {
		c := config.Config{HandOver: config.HandOver{URL: url, Generation: generation}}
		text, err := c.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, later := range []int64{0, 2} {
		if config.Hash(file("http://a", later)) != config.Hash(file("http://a", 1)) {
			t.Errorf("generation %d has another hash, though receivers are to go by the same", later)
		}
	}
	if config.Hash(file("http://a", 1)) == config.Hash(file("http://b", 1)) {
		t.Error("another configuration of the same generation has the same hash")
	}
}

func TestReadFile(t *testing.T) {
	folder := t.TempDir()
	good := "# a comment is part of the file\n" + string(marshal(t, minimal()))
	write(t, folder, map[string]string{"good.yaml": good, "bad.yaml": "apiVersion: v0\n"})

	t.Run("tells the configuration and the hash of the file's bytes", func(t *testing.T) {
		f, err := config.ReadFile(filepath.Join(folder, "good.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		same(t, parse(t, []byte(good)), &f.Config)
		if f.Hash != config.Hash([]byte(good)) {
			t.Errorf("hash %s", f.Hash)
		}
	})
	t.Run("names the file that is wrong", func(t *testing.T) {
		bad := filepath.Join(folder, "bad.yaml")
		_, err := config.ReadFile(bad)
		fails(t, err, "configuration "+bad+`: apiVersion: must be "receiver.superoffice.dev/v1", not "v0"
intake.secrets: must name at least one secret: without one, forged events could not be told from real ones
events: must name at least one event
sinks: must name at least one sink`)
	})
	t.Run("names the file that is missing", func(t *testing.T) {
		missing := filepath.Join(folder, "missing.yaml")
		_, err := config.ReadFile(missing)
		fails(t, err, "read configuration: open "+missing+": no such file or directory")
	})
}
