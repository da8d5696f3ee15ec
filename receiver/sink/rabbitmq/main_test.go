// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

const (
	password       = "right-s3cr3t"
	wrong          = "wrong-s3cr3t"
	maxMessageSize = 200_000
)

// definitions are what each node begins with.
const definitions = `{
	"vhosts": [{"name": "/"}, {"name": "closed"}],
	"users": [
		{"name": "admin", "password": "` + password + `", "tags": "administrator"},
		{"name": "receiver", "password": "` + password + `", "tags": ""}
	],
	"permissions": [
		{"user": "admin", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
		{"user": "receiver", "vhost": "/", "configure": "^$", "write": "^(amq\\.default|open.*)$", "read": "^$"}
	]
}`

// shared is the node that all tests use that do not need it to come and go.
var shared struct {
	*node
	*authority
	folder string
}

var startShared = sync.OnceValue(func() error {
	var err error
	if shared.folder, err = os.MkdirTemp("", "rabbitmq"); err != nil {
		return err
	}
	if shared.authority, err = newAuthority(); err != nil {
		return err
	}
	for name, content := range shared.files {
		if err := os.WriteFile(filepath.Join(shared.folder, name), content, 0o600); err != nil {
			return err
		}
	}
	shared.node, err = newNode(shared.folder,
		fmt.Sprintf("max_message_size = %d", maxMessageSize),
		"listeners.ssl.1 = {tls}",
		"ssl_options.cacertfile = "+filepath.Join(shared.folder, "ca.crt"),
		"ssl_options.certfile = "+filepath.Join(shared.folder, "tls.crt"),
		"ssl_options.keyfile = "+filepath.Join(shared.folder, "tls.key"),
		"ssl_options.verify = verify_peer", "ssl_options.fail_if_no_peer_cert = true",
	)
	if err != nil {
		return err
	}
	return shared.start(context.Background())
})

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if shared.node != nil {
			if err := shared.close(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
		_ = os.RemoveAll(shared.folder)
		os.Exit(code)
	}))
}

// server returns the address of the shared node.
func server(t *testing.T) string {
	t.Helper()
	needServer(t)
	if err := startShared(); err != nil {
		t.Fatal(err)
	}
	return shared.plain
}

// authority is a certificate authority, with a certificate by it for 127.0.0.1.
type authority struct {
	roots *x509.CertPool
	ours  tls.Certificate
	files map[string][]byte // ca.crt, tls.crt and tls.key
}

func newAuthority() (*authority, error) {
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	rootKey, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	leafKey, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	rootDER, err1 := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	leafDER, err2 := x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey)
	keyDER, err3 := x509.MarshalPKCS8PrivateKey(leafKey)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	a := &authority{roots: x509.NewCertPool(), files: map[string][]byte{
		"ca.crt":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER}),
		"tls.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER}),
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}}
	a.roots.AppendCertsFromPEM(a.files["ca.crt"])
	var err error
	a.ours, err = tls.X509KeyPair(a.files["tls.crt"], a.files["tls.key"])
	return a, err
}

// open makes a sink with what most tests need, changed.
func open(t *testing.T, address string, change ...func(*Options)) *Sink {
	t.Helper()
	o := Options{Addresses: []string{address}, User: "admin", Password: password, Format: config.CloudEventsBinary, Timeout: patience}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	sinktest.CloseAfter(t, s)
	return s
}

func within(timeout time.Duration) func(*Options) { return func(o *Options) { o.Timeout = timeout } }

func to(exchange, key string) func(*Options) {
	return func(o *Options) { o.Exchange, o.RoutingKey = exchange, key }
}

// administrator is a channel of somebody who may do everything.
func administrator(t *testing.T, address string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.DialConfig("amqp://"+address, amqp.Config{SASL: []amqp.Authentication{&amqp.PlainAuth{Username: "admin", Password: password}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// queue declares a durable queue that gets what is published to its own name, or to a topic exchange.
func queue(t *testing.T, c *amqp.Channel, name, exchange, pattern string, arguments ...amqp.Table) {
	t.Helper()
	var table amqp.Table
	for _, a := range arguments {
		table = a
	}
	if _, err := c.QueueDeclare(name, true, false, false, false, table); err != nil {
		t.Fatal(err)
	}
	if exchange == "" {
		return
	}
	if err := c.ExchangeDeclare(exchange, amqp.ExchangeTopic, true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.QueueBind(name, pattern, exchange, false, nil); err != nil {
		t.Fatal(err)
	}
}

// consumed takes the first n messages from a queue.
func consumed(t *testing.T, c *amqp.Channel, queue string, n int) []amqp.Delivery {
	t.Helper()
	deadline := time.After(patience)
	var all []amqp.Delivery
	for len(all) < n {
		m, ok, err := c.Get(queue, true)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			all = append(all, m)
			continue
		}
		select {
		case <-deadline:
			t.Fatalf("%d messages, want %d", len(all), n)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return all
}

func event(t *testing.T, body []byte) sink.Message {
	t.Helper()
	return sinktest.Message(t, body, http.Header{
		"Cc":              {"another-queue"},
		"BCC":             {"another-queue"},
		"X-Forwarded-For": {"192.0.2.1"},
	})
}

func numbered(t *testing.T, n int) sink.Message { return event(t, sinktest.Numbered(n)) }

func large(t *testing.T, size int) sink.Message { return event(t, sinktest.Large(size)) }

func wantDelivered(t *testing.T, o sink.Outcome) {
	t.Helper()
	if o != (sink.Delivered{}) {
		t.Fatalf("%T %+v", o, o)
	}
}

func wantRetry(t *testing.T, o sink.Outcome, says ...string) {
	t.Helper()
	r, ok := o.(sink.Retry)
	if !ok || r.After != 0 {
		t.Fatalf("%T %+v", o, o)
	}
	for _, want := range says {
		if !strings.Contains(r.Cause.Error(), want) {
			t.Errorf("it says %q, want %q in it", r.Cause, want)
		}
	}
	if strings.Contains(r.Cause.Error(), password) || strings.Contains(r.Cause.Error(), wrong) {
		t.Errorf("it tells a password: %q", r.Cause)
	}
}

// eventuallyDelivered sends until it was delivered, as a dispatcher does.
func eventuallyDelivered(t *testing.T, s *Sink, m sink.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		o := s.Send(ctx, m)
		if o == (sink.Delivered{}) {
			return
		}
		wantRetry(t, o)
		select {
		case <-ctx.Done():
			t.Fatalf("not delivered: %+v", o)
		case <-time.After(50 * time.Millisecond): // some of these answers come at once
		}
	}
}
