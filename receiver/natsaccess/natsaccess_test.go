// SPDX-License-Identifier: Apache-2.0

package natsaccess

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"
)

const secret = "s3cr3t"

func seed(t *testing.T, create func() (nkeys.KeyPair, error)) string {
	t.Helper()
	pair, err := create()
	if err != nil {
		t.Fatal(err)
	}
	text, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	urls := []string{"nats://a:4222", "tls://b"}
	for name, c := range map[string]struct {
		access Access
		want   string // empty: it is valid
	}{
		"URLs alone":             {Access{URLs: urls}, ""},
		"a .creds file":          {Access{URLs: urls, Credentials: secret}, ""},
		"an nkey":                {Access{URLs: urls, Seed: seed(t, nkeys.CreateUser)}, ""},
		"user and password":      {Access{URLs: urls, User: "u", Password: secret}, ""},
		"no URL":                 {Access{}, "there is no URL of a server"},
		"no NATS":                {Access{URLs: []string{"nats://a", "http://" + secret}}, "URL 2: its scheme must be nats or tls"},
		"several URLs in one":    {Access{URLs: []string{"nats://a,nats://" + secret}}, "URL 1: it is more than one"},
		"credentials in the URL": {Access{URLs: []string{"nats://u:" + secret + "@a"}}, "URL 1: it holds credentials"},
		"no URL at all":          {Access{URLs: []string{secret}}, "URL 1: it is not like nats://host:4222"},
		"two ways at a time":     {Access{URLs: urls, Credentials: secret, Token: secret}, "at most one of"},
		"half a login":           {Access{URLs: urls, Password: secret}, "user and password go together"},
		"no nkey":                {Access{URLs: urls, Seed: secret}, "the seed is none of a user's nkey"},
		"the nkey of an account": {Access{URLs: urls, Seed: seed(t, nkeys.CreateAccount)}, "the seed is none of a user's nkey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.access.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("it tells a secret: %v", err)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	if got := (Access{URLs: []string{"nats://a:4222", "tls://b:1/path"}}).Hosts(); got != "a:4222, b:1" {
		t.Errorf("got %q", got)
	}
}

func TestSameKind(t *testing.T) {
	t.Parallel()
	one := Access{URLs: []string{"nats://a"}, User: "u", Password: "1", TLS: &tls.Config{MinVersion: tls.VersionTLS12}}
	for name, c := range map[string]struct {
		change func(*Access)
		same   bool
	}{
		"a new password":    {func(a *Access) { a.Password = "2" }, true},
		"a new certificate": {func(a *Access) { a.TLS = &tls.Config{MinVersion: tls.VersionTLS13} }, true},
		"other servers":     {func(a *Access) { a.URLs = []string{"nats://b"} }, false},
		"TLS no more":       {func(a *Access) { a.TLS = nil }, false},
		"a token instead":   {func(a *Access) { a.User, a.Password, a.Token = "", "", "t" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := one
			c.change(&other)
			if got := one.SameKind(other); got != c.same {
				t.Errorf("got %t, want %t", got, c.same)
			}
		})
	}
}
