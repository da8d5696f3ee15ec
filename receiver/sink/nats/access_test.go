// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/peer"
)

const secret = "s3cr3t"

// wantRefused wants an attempt to fail for its credentials, without telling them.
func wantRefused(t *testing.T, s *Sink, want string, secrets ...string) {
	t.Helper()
	text := sinktest.Cause(t, s, sample(t)).Error()
	if !strings.Contains(text, want) {
		t.Errorf("it says %q, want %q", text, want)
	}
	for _, value := range append(secrets, secret) {
		if strings.Contains(text, value) {
			t.Errorf("it tells a secret: %q", text)
		}
	}
}

func TestUserAndPassword(t *testing.T) {
	t.Parallel()
	b := serve(t, func(o *server.Options) { o.Users = []*server.User{{Username: "receiver", Password: secret}} })
	stream(t, b.admin(nats.UserInfo("receiver", secret)))
	as := func(user, password string) *Sink {
		return open(t, b.ClientURL(), func(o *Options) { o.User, o.Password = user, password })
	}
	wantRefused(t, open(t, b.ClientURL()), "the server refused the credentials")
	wantRefused(t, as("receiver", secret+secret), "the server refused the credentials")
	sinktest.Delivered(t, as("receiver", secret), sample(t))
}

func TestToken(t *testing.T) {
	t.Parallel()
	b := serve(t, func(o *server.Options) { o.Authorization = secret })
	stream(t, b.admin(nats.Token(secret)))
	wantRefused(t, open(t, b.ClientURL(), func(o *Options) { o.Token = secret + secret }), "the server refused the credentials")
	sinktest.Delivered(t, open(t, b.ClientURL(), func(o *Options) { o.Token = secret }), sample(t))
}

// authority is a NATS operator with one account, and the server's options that go with it.
type authority struct{ account nkeys.KeyPair }

func (a authority) configure(t *testing.T) func(*server.Options) {
	t.Helper()
	operator, system := keys(t, nkeys.CreateOperator), keys(t, nkeys.CreateAccount) // JetStream needs a system account
	resolver := &server.MemAccResolver{}
	for account, limits := range map[nkeys.KeyPair]jwt.JetStreamLimits{
		a.account: {MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit}, system: {},
	} {
		claims := jwt.NewAccountClaims(public(t, account))
		claims.Limits.JetStreamLimits = limits
		token, err := claims.Encode(operator)
		if err != nil {
			t.Fatal(err)
		}
		if err := resolver.Store(claims.Subject, token); err != nil {
			t.Fatal(err)
		}
	}
	trusted, systemAccount := public(t, operator), public(t, system)
	return func(o *server.Options) {
		o.TrustedKeys, o.AccountResolver, o.SystemAccount = []string{trusted}, resolver, systemAccount
	}
}

// user makes the content of a .creds file.
func (a authority) user(t *testing.T) (credentials, seed string) {
	t.Helper()
	user := keys(t, nkeys.CreateUser)
	token, err := jwt.NewUserClaims(public(t, user)).Encode(a.account)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file, err := jwt.FormatUserConfig(token, secret)
	if err != nil {
		t.Fatal(err)
	}
	return string(file), string(secret)
}

func keys(t *testing.T, create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	pair, err := create()
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func public(t *testing.T, pair nkeys.KeyPair) string {
	t.Helper()
	key, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	ours, theirs := authority{keys(t, nkeys.CreateAccount)}, authority{keys(t, nkeys.CreateAccount)}
	b := serve(t, ours.configure(t))
	right, rightSeed := ours.user(t)
	wrong, wrongSeed := theirs.user(t)
	as := func(credentials string) *Sink {
		return open(t, b.ClientURL(), func(o *Options) { o.Credentials = credentials })
	}
	stream(t, b.admin(nats.UserCredentialBytes([]byte(right))))
	wantRefused(t, as(wrong), "the server refused the credentials", wrongSeed)
	wantRefused(t, as("no credentials: "+secret), "connect to NATS")
	wantRefused(t, as(strings.ReplaceAll(right, rightSeed, secret)), "connect to NATS", rightSeed)
	sinktest.Delivered(t, as(right), sample(t))
}

// repeating is a server that refuses whoever connects in what they said themselves.
func repeating(t *testing.T) string {
	t.Helper()
	return "nats://" + peer.Serve(t, func(conn net.Conn) {
		fmt.Fprint(conn, `INFO {"server_id":"x","version":"2.12.0","max_payload":1048576,"auth_required":true,"nonce":"n"}`+"\r\n")
		if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
			fmt.Fprintf(conn, "-ERR 'I do not like %s'\r\n", strings.TrimSpace(line))
		}
	})
}

func TestNothingThatAServerRepeatsIsToldOn(t *testing.T) {
	t.Parallel()
	credentials, _ := authority{keys(t, nkeys.CreateAccount)}.user(t)
	token, err := nkeys.ParseDecoratedJWT([]byte(credentials))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"a password":  func(o *Options) { o.User, o.Password = "receiver", secret },
		"a token":     func(o *Options) { o.Token = secret },
		"credentials": func(o *Options) { o.Credentials = credentials },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, open(t, repeating(t), change), "[redacted]", token)
		})
	}
}

func TestAMissingPermissionIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	allow := func(subjects ...string) *server.SubjectPermission { return &server.SubjectPermission{Allow: subjects} }
	b := serve(t, func(o *server.Options) {
		o.Users = []*server.User{
			{Username: "admin", Password: secret},
			{Username: "publisher", Password: secret, Permissions: &server.Permissions{
				Publish: allow("superoffice.activity.created", "silent.>"), Subscribe: allow("_INBOX.>"),
			}},
			{Username: "deaf", Password: secret, Permissions: &server.Permissions{
				Publish: allow("superoffice.>"), Subscribe: allow("other"),
			}},
		}
	})
	st := stream(t, b.admin(nats.UserInfo("admin", secret)), func(c *jetstream.StreamConfig) { c.MaxMsgs = 100 })
	as := func(user string) *Sink {
		return open(t, b.ClientURL(), func(o *Options) { o.User, o.Password = user, secret })
	}
	t.Run("to publish", func(t *testing.T) {
		s := as("publisher")
		for range 2 {
			err := sinktest.Cause(t, s, message(t, `{"Event":"activity.deleted","EventId":"1"}`))
			if !strings.Contains(err.Error(), `a permission is missing: `) || !strings.Contains(err.Error(), `"superoffice.activity.deleted"`) {
				t.Errorf("it says %q", err)
			}
		}
		sinktest.Delivered(t, s, sample(t)) // the connection is as good as before
	})
	t.Run("and ends no attempt but its own", func(t *testing.T) {
		admin := b.admin(nats.UserInfo("admin", secret))
		stream(t, admin, func(c *jetstream.StreamConfig) { c.Name, c.Subjects, c.NoAck = "SILENT", []string{"silent.>"}, true })
		s := open(t, b.ClientURL(), func(o *Options) { o.User, o.Password, o.Subject = "publisher", secret, "{tenant}.x" })
		outcome := sendAside(t.Context(), t, s, message(t, `{"Event":"a.b","ContextIdentifier":"silent"}`), published(t, admin, "silent.>"))
		sinktest.Cause(t, s, message(t, `{"Event":"a.b","ContextIdentifier":"denied"}`))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got, ok := sinktest.Receive(t, outcome).(sink.Retry); !ok || !strings.Contains(got.Cause.Error(), "the connection to NATS was lost") {
			t.Errorf("%#v", got)
		}
	})
	t.Run("to receive acknowledgements", func(t *testing.T) {
		s := as("deaf")
		for range 2 {
			if err := sinktest.Cause(t, s, sample(t)); !strings.Contains(err.Error(), "a permission is missing: ") || !strings.Contains(err.Error(), "_INBOX.") {
				t.Errorf("it says %q", err)
			}
		}
		if all := stored(t, st); len(all) != 1 {
			t.Errorf("%d messages, want 1", len(all))
		}
	})
}
