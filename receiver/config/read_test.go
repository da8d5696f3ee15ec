// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
)

func TestParseRefusesUnknownFields(t *testing.T) {
	for at, file := range map[string]string{
		"the top":             "apiversion2: x",
		"intake":              "intake: {port: 8080}",
		"a secret":            "intake: {secrets: [{name: current, flie: secret}]}",
		"admin":               "admin: {port: 8081}",
		"the queue":           "queue: {maxBtyes: 1}",
		"a sink":              "sinks: [{name: erp, sqs: {}}]",
		"auth":                "sinks: [{http: {auth: {digest: {}}}}]",
		"oauth2":              "sinks: [{http: {auth: {oauth2: {clientSecret: x}}}}]",
		"tls":                 "sinks: [{http: {tls: {insecureSkipVerify: true}}}]",
		"kafka":               "sinks: [{kafka: {topics: []}}]",
		"a password":          "sinks: [{kafka: {auth: {username: x, password: x}}}]",
		"nats":                "sinks: [{nats: {url: x}}]",
		"rabbitMQ":            "sinks: [{rabbitMQ: {queue: x}}]",
		"redis":               "sinks: [{redis: {channel: x}}]",
		"log":                 "sinks: [{log: {file: x}}]",
		"a circuit":           "sinks: [{delivery: {circuit: {enabled: true}}}]",
		"http":                "sinks: [{http: {uri: 'http://erp'}}]",
		"a header":            "sinks: [{http: {headers: [{name: X-Key, valueFrom: {}}]}}]",
		"delivery":            "sinks: [{delivery: {retries: 3}}]",
		"what was in a later": "apiVersion: receiver.superoffice.dev/v1\nsinks: [{http: {url: 'http://erp', proxy: none}}]",
	} {
		t.Run("at "+at, func(t *testing.T) {
			c, err := config.Parse([]byte(file))
			if err == nil || c != nil || !strings.Contains(err.Error(), "unknown field ") {
				t.Errorf("Parse = %v, %v", c, err)
			}
		})
	}
	t.Run("and names them", func(t *testing.T) {
		_, err := config.Parse([]byte("intake: {maxBodyByte: 1}"))
		fails(t, err, `error unmarshaling JSON: while decoding JSON: json: unknown field "maxBodyByte"`)
	})
}

func TestParseTellsWhereATypeIsWrong(t *testing.T) {
	for file, want := range map[string]string{
		"[]":                    "the file: must be a mapping, not array",
		"hello":                 "the file: must be a mapping, not string",
		"suspend: maybe":        "suspend: must be true or false, not string",
		"intake: []":            "intake: must be a mapping, not array",
		"intake: {path: [a]}":   "intake.path: must be a string, not array",
		"ignoreAssociates: [a]": "ignoreAssociates: must be a whole number, not string",
		"sinks: [{http: [a]}]":  "sinks.http: must be a mapping, not array",
		"sinks: [{http: {auth: {bearerFile: []}}}]": "sinks.http.auth.bearerFile: must be a string, not array",
		"intake: {secrets: {name: a}}":              "intake.secrets: must be a list, not object",
		"intake: {maxBodyBytes: 1Mi}":               "intake.maxBodyBytes: must be a whole number, not string",
		"queue: {maxBytes: 1.5}":                    "queue.maxBytes: must be a whole number, not number 1.5",
		"queue: {maxBytes: 1e30}":                   "queue.maxBytes: must be a whole number, not number 1e+30",
		"queue: {maxAge: 7d}":                       `queue.maxAge: must be a duration like "10s" or "1h30m", not "7d"`,
		"queue: {maxAge: 3600}":                     `queue.maxAge: must be a duration like "10s" or "1h30m", not number`,
		"sinks: {erp: {}}":                          "sinks: must be a list, not object",
		"sinks: [{http: {timeout: soon}}]":          `sinks.http.timeout: must be a duration like "10s" or "1h30m", not "soon"`,
		"sinks: [{delivery: {maxAge: ''}}]":         `sinks.delivery.maxAge: must be a duration like "10s" or "1h30m", not ""`,
		"sinks: [{delivery: {concurrency: x}}":      "error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'",
		"events: [activity.created]\nevents: []": "error converting YAML to JSON: yaml: unmarshal errors:\n" +
			`  line 2: key "events" already set in map`,
	} {
		t.Run(file, func(t *testing.T) {
			_, err := config.Parse([]byte(file))
			fails(t, err, want)
		})
	}
}

// The path of a webhook is asked for when little else of its file can be used.
func TestReadPath(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"intake: {path: /hooks/sales/crm}", "/hooks/sales/crm"},
		{"intake: {path: /hooks/sales/crm}\nsinks: 7\nno-field: {}", "/hooks/sales/crm"},
		{"sinks: []", config.DefaultPath},
		{"intake: {path: no/path}", ""},
		{"intake: {path: 7}", ""},
		{"intake: {path: /hooks/sales/crm}\n\t- odd", ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "receiver.yaml")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := config.ReadPath(file); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := config.ReadPath(filepath.Join(t.TempDir(), "none")); got != "" {
		t.Errorf("of no file: %q", got)
	}
}

func TestParseReadsTheSamples(t *testing.T) {
	data, err := os.ReadFile("../../config/samples/receiver.yaml")
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := parse(t, data).ReadSecrets("../../config/samples")
	if err != nil {
		t.Fatal(err)
	}
	if len(secrets.Shared) != 1 || len(secrets.Warnings) != 0 {
		t.Errorf("%d secrets, warnings: %q", len(secrets.Shared), secrets.Warnings)
	}
}
