// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// hunter is in each secret, and must not be told.
const hunter = "hunter2"

// snapshotOf reads a configuration with this one sink, beside files of these names.
func snapshotOf(t *testing.T, sink string, files map[string]string) (*snapshot, error) {
	t.Helper()
	dir := t.TempDir()
	files["secret"] = "Name you provided"
	files["receiver.yaml"] = fmt.Sprintf(`
apiVersion: receiver.superoffice.dev/v1
intake: {secrets: [{name: current, file: secret}]}
events: [activity.created]
sinks: [{name: erp, %s}]
`, sink)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return readSnapshot(filepath.Join(dir, "receiver.yaml"), "")
}

// certificate is a certificate in PEM. Its key is another's.
func certificate(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestEachKindOfSinkCanBeMade(t *testing.T) {
	for name, sink := range map[string]string{
		"http":                `http: {url: "https://erp.example.com", tls: {caFile: ca}, signingKeyFiles: [key], auth: {basic: {username: me, passwordFile: password}}}`,
		"http with a token":   `http: {url: "https://erp.example.com", auth: {bearerFile: password}}`,
		"http with OAuth 2.0": `http: {url: "https://erp.example.com", auth: {oauth2: {tokenURL: "https://login.example.com", clientID: me, clientSecretFile: password}}}`,
		"kafka":               `kafka: {brokers: ["kafka:9092"], topic: crm, mechanism: SCRAM-SHA-512, auth: {username: me, passwordFile: password}, tls: {}}`,
		"nats":                `nats: {urls: ["nats://nats:4222"], subject: "crm.{event}"}`,
		"rabbitMQ":            `rabbitMQ: {address: "rabbit:5672", exchange: crm, auth: {username: me, passwordFile: password}, tls: {caFile: ca}}`,
		"redis":               `redis: {address: "redis:6379", stream: crm, maxLength: 1000, auth: {username: me, passwordFile: password}}`,
		"log":                 `log: {redact: ["*"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := snapshotOf(t, sink, map[string]string{"ca": certificate(t), "key": "whsec_aGVsbG8=", "password": hunter + "\n"})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatCannotBeMadeIsRefusedWithItsField(t *testing.T) {
	for name, c := range map[string]struct{ sink, want string }{
		"an authority that is none": {
			`http: {url: "https://erp.example.com", tls: {caFile: password}}`,
			"sinks[0].http.tls.caFile: the file password holds no certificate in PEM",
		},
		"a certificate without its key": {
			`redis: {address: "redis:6379", stream: crm, tls: {certificateFile: ca, keyFile: password}}`,
			"sinks[0].redis.tls.certificateFile: the files ca and password are no certificate and its key, both in PEM",
		},
		"a signing key that is none": {
			`http: {url: "https://erp.example.com", signingKeyFiles: [bad]}`,
			`sinks[0].http.signingKeyFiles: signing key 1 is not base64 (with or without "whsec_" in front)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := snapshotOf(t, c.sink, map[string]string{"ca": certificate(t), "password": hunter, "bad": hunter + "!"})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.check(); err == nil || err.Error() != c.want || strings.Contains(err.Error(), hunter) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// What an endpoint repeats of what it was sent gets into no dead letter, if it comes from a file.
func TestHeadersFromFilesAreSecret(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, fmt.Sprint(r.Header["X-Key"], r.Header["X-Team"]), http.StatusBadRequest)
	}))
	t.Cleanup(endpoint.Close)
	s, err := snapshotOf(t, `http: {url: "`+endpoint.URL+`", headers: [{name: x-key, file: key}, {name: X-Team, value: sales}]}`,
		map[string]string{"key": hunter})
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.targets()[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	event, err := superoffice.Parse(fixtures.SignedBody())
	if err != nil {
		t.Fatal(err)
	}
	want := sink.Dead{Reason: "the sink answered 400 Bad Request", Answer: "[[redacted]] [sales]\n"}
	if got := made.Send(t.Context(), sink.Message{Event: event}); got != want {
		t.Errorf("got %#v, want %#v", got, want)
	}
	if err := made.Close(); err != nil {
		t.Error(err)
	}
}
