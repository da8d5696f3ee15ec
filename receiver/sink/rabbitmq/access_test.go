// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/peer"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no address":                {func(o *Options) { o.Addresses = nil }, "no address of a server"},
		"an empty address":          {func(o *Options) { o.Addresses = []string{"a", ""} }, "no address of a server"},
		"a user without a password": {func(o *Options) { o.User = "u" }, "user and password go together"},
		"a password without a user": {func(o *Options) { o.Password = password }, "user and password go together"},
		"an unknown placeholder":    {to("", "{Event}"), "its placeholders are {event}, {tenant} and {entity}"},
		"a long routing key":        {to("", strings.Repeat("x", 256)), "more than 255 bytes"},
		"a long exchange":           {to(strings.Repeat("x", 256), ""), "more than 255 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{Addresses: []string{"127.0.0.1"}}
			tc.change(&o)
			_, err := New(o)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), password) {
				t.Errorf("it says %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"rabbitmq": "rabbitmq:5672", "rabbitmq:1": "rabbitmq:1", "::1": "[::1]:5672", "[::1]": "[::1]:5672", "[::1]:1": "[::1]:1",
	} {
		if got := withPort(address, false); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
	if got := withPort("rabbitmq", true); got != "rabbitmq:5671" {
		t.Errorf("with TLS: got %s", got)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	address := server(t)
	admin := administrator(t, address)
	queue(t, admin, "open.queue", "open.exchange", "#")
	queue(t, admin, "shut.queue", "shut.exchange", "#")
	as := func(user, password string) func(*Options) {
		return func(o *Options) { o.User, o.Password = user, password }
	}
	at := func(vhost string) func(*Options) { return func(o *Options) { o.VHost = vhost } }

	wantDelivered(t, open(t, address, as("receiver", password), to("open.exchange", "")).Send(t.Context(), numbered(t, 1)))
	for name, tc := range map[string]struct {
		change []func(*Options)
		want   string
	}{
		"with a wrong password":       {[]func(*Options){as("receiver", wrong)}, "are user and password right?"},
		"of nobody that is known":     {[]func(*Options){as("", "")}, "are user and password right?"},
		"at a vhost that is missing":  {[]func(*Options){at("missing")}, "vhost missing not found"},
		"at a vhost that is closed":   {[]func(*Options){at("closed")}, "access to vhost 'closed' refused"},
		"that may not publish to all": {[]func(*Options){as("receiver", password), to("shut.exchange", "")}, "grant it the permission to write"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, address, tc.change...)
			for range 2 {
				wantRetry(t, s.Send(t.Context(), numbered(t, 1)), tc.want)
			}
		})
	}
}

// repeating is a server that lets nobody in, and says why in what they said themselves.
func repeating(t *testing.T) string {
	t.Helper()
	method := func(conn net.Conn, parts ...[]byte) {
		payload := slices.Concat(parts...)
		size := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
		_, _ = conn.Write(slices.Concat([]byte{1, 0, 0}, size, payload, []byte{0xce}))
	}
	return peer.Serve(t, func(conn net.Conn) {
		said := make([]byte, 4<<10)
		_, _ = io.ReadFull(conn, said[:len("AMQP0091")])
		method(conn, []byte{0, 10, 0, 10, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5}, []byte("PLAIN"), []byte{0, 0, 0, 5}, []byte("en_US")) // connection.start
		n, _ := conn.Read(said)
		_, of, _ := bytes.Cut(said[:n], []byte("\x00receiver\x00"))
		reason := "no login for " + string(of[:min(len(of), 100)])
		method(conn, []byte{0, 10, 0, 50, 1, 147, byte(len(reason))}, []byte(reason), []byte{0, 0, 0, 0}) // connection.close
		_, _ = io.Copy(io.Discard, conn)
	})
}

func TestNothingThatAServerRepeatsIsToldOn(t *testing.T) {
	t.Parallel()
	s := open(t, repeating(t), func(o *Options) { o.User, o.Password = "receiver", password })
	cause := sinktest.Cause(t, s, numbered(t, 1)).Error()
	if !strings.Contains(cause, "no login for [redacted]") || strings.Contains(cause, password) {
		t.Errorf("it says %q", cause)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	plain := server(t)
	queue(t, administrator(t, plain), t.Name(), "", "")
	name := t.Name()
	theirs, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	with := func(roots *authority, client ...tls.Certificate) *tls.Config {
		return &tls.Config{RootCAs: roots.roots, Certificates: client}
	}
	otherName := with(shared.authority, shared.ours)
	otherName.ServerName = "example.com"
	for name, tc := range map[string]struct {
		address string
		config  *tls.Config
		want    string
	}{
		"with another authority":         {shared.tls, with(theirs, shared.ours), "certificate signed by unknown authority"},
		"with another name":              {shared.tls, otherName, "not valid for any names"},
		"with another client's":          {shared.tls, with(shared.authority, theirs.ours), "perhaps over TLS"},
		"without a client's certificate": {shared.tls, with(shared.authority), "perhaps over TLS"},
		"not spoken by the sink":         {shared.tls, nil, "perhaps over TLS"},
		"not spoken by the server":       {plain, with(shared.authority), "does not look like a TLS handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, tc.address, func(o *Options) { o.TLS = tc.config })
			wantRetry(t, s.Send(t.Context(), numbered(t, 1)), "connect to RabbitMQ at "+tc.address, tc.want)
		})
	}
	s := open(t, shared.tls, to("", name), func(o *Options) { o.TLS = with(shared.authority, shared.ours) })
	for n := range 3 {
		wantDelivered(t, s.Send(t.Context(), numbered(t, n)))
	}
}
