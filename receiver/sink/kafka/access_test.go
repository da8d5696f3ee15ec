// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"crypto/tls"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

const (
	password = "right-s3cr3t"
	wrong    = "wrong-s3cr3t"
)

func as(m Mechanism, password string) func(*Options) {
	return func(o *Options) { o.Mechanism, o.User, o.Password = m, "receiver", password }
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no broker":                  {func(o *Options) { o.Brokers = nil }, "no address of a broker"},
		"an empty broker":            {func(o *Options) { o.Brokers = []string{"a", ""} }, "no address of a broker"},
		"a broker with an odd port":  {func(o *Options) { o.Brokers = []string{"a:b"} }, "make a client of Kafka"},
		"no topic":                   {func(o *Options) { o.Topic = "" }, "there is no topic"},
		"a user without a password":  {func(o *Options) { o.User = "u" }, "user and password go together"},
		"a password without a user":  {func(o *Options) { o.Password = password }, "user and password go together"},
		"a mechanism without a user": {func(o *Options) { o.Mechanism = Plain }, "a mechanism to log in needs a user"},
		"an unknown mechanism":       {as("GSSAPI", password), `the mechanism "GSSAPI" is unknown`},
		"a timeout that is no time":  {within(time.Millisecond), "timeout"},
		"an endless timeout":         {within(time.Hour), "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{Brokers: []string{"127.0.0.1"}, Topic: topic}
			tc.change(&o)
			_, err := New(o)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), password) {
				t.Errorf("it says %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, m := range []Mechanism{Plain, ScramSHA256, ScramSHA512, ""} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			known := m
			if known == "" {
				known = ScramSHA512
			}
			_, broker := start(t, kfake.EnableSASL(), kfake.Superuser(string(known), "receiver", password))
			cause := wantRetry(t, open(t, broker, as(m, wrong)).Send(t.Context(), numbered(t, 1)))
			if !strings.Contains(cause, "hung up") || strings.Contains(cause, wrong) {
				t.Errorf("it says %q", cause)
			}
			wantDelivered(t, open(t, broker, as(m, password)).Send(t.Context(), numbered(t, 1)))
		})
	}
	t.Run("is wanted and there is none", func(t *testing.T) {
		t.Parallel()
		_, broker := start(t, kfake.EnableSASL())
		if cause := wantRetry(t, open(t, broker).Send(t.Context(), numbered(t, 1))); !strings.Contains(cause, "SASL") {
			t.Errorf("it says %q", cause)
		}
	})
	t.Run("is offered in another way", func(t *testing.T) {
		t.Parallel()
		c, broker := start(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "receiver", password))
		c.ControlKey(int16(kmsg.SASLHandshake), func(r kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			answer := r.ResponseKind().(*kmsg.SASLHandshakeResponse)
			answer.ErrorCode, answer.SupportedMechanisms = kerr.UnsupportedSaslMechanism.Code, []string{"SCRAM-SHA-512"}
			return answer, nil, true
		})
		cause := wantRetry(t, open(t, broker, as(Plain, password)).Send(t.Context(), numbered(t, 1)))
		if !strings.Contains(cause, "do not offer the mechanism") || strings.Contains(cause, password) {
			t.Errorf("it says %q", cause)
		}
	})
}

// Kafka, other than the fake cluster, says that it refuses a login. Once the password is right, the same sink gets in.
func TestLoginThatIsRefused(t *testing.T) {
	t.Parallel()
	c, broker := start(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "receiver", password))
	var refuse atomic.Bool
	refuse.Store(true)
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		answer.ErrorCode, answer.ErrorMessage = kerr.SaslAuthenticationFailed.Code, kmsg.StringPtr("Authentication failed: it is not "+password)
		return answer, nil, refuse.Load()
	})
	s := open(t, broker, as(Plain, password))
	for range 2 {
		cause := wantRetry(t, s.Send(t.Context(), numbered(t, 1)))
		if !strings.Contains(cause, "refused the credentials") || !strings.Contains(cause, "it is not [redacted]") || strings.Contains(cause, password) {
			t.Errorf("it says %q", cause)
		}
	}
	refuse.Store(false)
	eventuallyDelivered(t, s, numbered(t, 1))
}

func TestPermissionThatIsMissing(t *testing.T) {
	t.Parallel()
	_, broker := start(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("PLAIN", "receiver", password))
	s := open(t, broker, as(Plain, password))
	for range 2 {
		if cause := wantRetry(t, s.Send(t.Context(), numbered(t, 1))); !strings.Contains(cause, "allow it to write and to describe it") {
			t.Errorf("it says %q", cause)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority, ours := sinktest.Certificate(t)
	otherAuthority, theirs := sinktest.Certificate(t)
	_, plain := start(t)
	_, encrypted := start(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{ours}}))
	_, mutual := start(t, kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{ours}, ClientCAs: authority, ClientAuth: tls.RequireAndVerifyClientCert,
	}))
	for name, tc := range map[string]struct {
		broker string
		config *tls.Config
		want   string // "": delivered
	}{
		"with the right authority":    {encrypted, &tls.Config{RootCAs: authority}, ""},
		"with another authority":      {encrypted, &tls.Config{RootCAs: otherAuthority}, "certificate signed by unknown authority"},
		"with the wrong name":         {encrypted, &tls.Config{RootCAs: authority, ServerName: "example.com"}, "example.com"},
		"not spoken by the sink":      {encrypted, nil, "is TLS missing?"},
		"not spoken by the broker":    {plain, &tls.Config{RootCAs: authority}, "the last connection failed"},
		"with a client's certificate": {mutual, &tls.Config{RootCAs: authority, Certificates: []tls.Certificate{ours}}, ""},
		// Since TLS 1.3 the refusal comes after the handshake, and may be told as a connection that was lost.
		"with another client's":          {mutual, &tls.Config{RootCAs: authority, Certificates: []tls.Certificate{theirs}}, topic},
		"without a client's certificate": {mutual, &tls.Config{RootCAs: authority}, topic},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, tc.broker, within(5*time.Second), func(o *Options) { o.TLS = tc.config })
			o := s.Send(t.Context(), numbered(t, 1))
			if tc.want == "" {
				wantDelivered(t, o)
				return
			}
			if cause := wantRetry(t, o); !strings.Contains(cause, tc.want) {
				t.Errorf("it says %q, want %q in it", cause, tc.want)
			}
		})
	}
}
