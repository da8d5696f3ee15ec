// SPDX-License-Identifier: Apache-2.0

package natsaccess

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// Access is how to get into a NATS system.
type Access struct {
	// URLs of servers of one NATS system, of which one is chosen at random. At least one; nats or tls, and no credentials.
	// Example: ["nats://nats-0.nats.messaging:4222", "nats://nats-1.nats.messaging:4222"].
	URLs []string
	// Credentials are the content of a .creds file: a user's JWT with its seed. Default none; at most one of Credentials,
	// Seed, User and Token is set.
	Credentials string
	// Seed of the nkey of a user of the server's configuration. Default none.
	Seed string
	// User and Password of a user of the server's configuration. Default none.
	User, Password string
	// Token of the server's configuration. Default none.
	Token string
	// TLS is demanded when it is set. Default: TLS with the system's certificate authorities where the URL's scheme is tls
	// or the server demands it.
	TLS *tls.Config
}

var errNoSeed = errors.New("the seed is none of a user's nkey")

// Validate says what is wrong.
func (a Access) Validate() error {
	if len(a.URLs) == 0 {
		return errors.New("there is no URL of a server")
	}
	for i, text := range a.URLs {
		if err := validateURL(text); err != nil {
			return fmt.Errorf("URL %d: %w", i+1, err)
		}
	}
	kinds := 0
	for _, is := range []bool{a.Credentials != "", a.Seed != "", a.User != "" || a.Password != "", a.Token != ""} {
		if is {
			kinds++
		}
	}
	if kinds > 1 {
		return errors.New("at most one of credentials, nkey, user with password and token can be set")
	}
	if (a.User == "") != (a.Password == "") {
		return errors.New("user and password go together")
	}
	if a.Seed != "" {
		_, err := publicKey(a.Seed)
		return err
	}
	return nil
}

// validateURL does not repeat the URL, which may hold what it must not.
func validateURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return errors.New("it is not like nats://host:4222")
	case !slices.Contains([]string{"nats", "tls"}, u.Scheme):
		return errors.New("its scheme must be nats or tls")
	case u.User != nil:
		return errors.New("it holds credentials, which belong into their own options")
	case strings.Contains(text, ","):
		return errors.New("it is more than one")
	}
	return nil
}

// Servers are the URLs as nats.Connect takes them.
func (a Access) Servers() string { return strings.Join(a.URLs, ",") }

// Hosts are what may be told of the URLs.
func (a Access) Hosts() string {
	var names []string
	for _, text := range a.URLs {
		if u, err := url.Parse(text); err == nil {
			names = append(names, u.Host)
		}
	}
	return strings.Join(names, ", ")
}

// Secrets are what servers are told, and is to be told to nobody else.
func (a Access) Secrets() []string {
	secrets := []string{a.Password, a.Token}
	if token, err := nkeys.ParseDecoratedJWT([]byte(a.Credentials)); err == nil {
		secrets = append(secrets, token)
	}
	return secrets
}

// SameKind tells whether the options for one Access serve another as well: only what is asked for anew with each connection
// differs.
func (a Access) SameKind(b Access) bool {
	return slices.Equal(a.URLs, b.URLs) && a.Seed == b.Seed && (a.Credentials == "") == (b.Credentials == "") &&
		(a.User == "") == (b.User == "") && (a.Token == "") == (b.Token == "") && (a.TLS == nil) == (b.TLS == nil)
}

// Options make nats.Connect, and each reconnection, show what current returns then. It must be valid, and of the same
// kind each time.
func Options(current func() Access) []nats.Option {
	var options []nats.Option
	first := current()
	switch {
	case first.Credentials != "":
		options = append(options, nats.UserJWT(
			func() (string, error) { return nkeys.ParseDecoratedJWT([]byte(current().Credentials)) },
			func(nonce []byte) ([]byte, error) {
				return sign(nonce, func() (nkeys.KeyPair, error) { return nkeys.ParseDecoratedNKey([]byte(current().Credentials)) })
			},
		))
	case first.Seed != "":
		key, _ := publicKey(first.Seed) // it is valid
		options = append(options, nats.Nkey(key, func(nonce []byte) ([]byte, error) {
			return sign(nonce, func() (nkeys.KeyPair, error) { return nkeys.FromSeed([]byte(current().Seed)) })
		}))
	case first.User != "":
		options = append(options, nats.UserInfoHandler(func() (user, password string) {
			now := current()
			return now.User, now.Password
		}))
	case first.Token != "":
		options = append(options, nats.TokenHandler(func() string { return current().Token }))
	}
	if first.TLS != nil {
		options = append(options, nats.Secure(first.TLS.Clone()), nats.ClientTLSConfig(
			func() (tls.Certificate, error) {
				if own := current().TLS.Certificates; len(own) > 0 {
					return own[0], nil
				}
				return tls.Certificate{}, nil
			},
			func() (*x509.CertPool, error) { return current().TLS.RootCAs, nil },
		))
	}
	return options
}

func sign(nonce []byte, key func() (nkeys.KeyPair, error)) ([]byte, error) {
	pair, err := key()
	if err != nil {
		return nil, errors.New("the credentials hold no seed") // the library's error could tell a part of it
	}
	defer pair.Wipe()
	return pair.Sign(nonce)
}

func publicKey(seed string) (string, error) {
	pair, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return "", errNoSeed
	}
	defer pair.Wipe()
	key, err := pair.PublicKey()
	if err != nil || !nkeys.IsValidPublicUserKey(key) {
		return "", errNoSeed
	}
	return key, nil
}

// Explain adds to a reason for not being connected what can be done about it, where the reason alone does not say so.
func Explain(err error) error {
	switch {
	case err == nil, errors.Is(err, nats.ErrNoServers):
		return errors.New("no server could be reached")
	case errors.Is(err, nats.ErrAuthorization):
		return fmt.Errorf("the server refused the credentials: %w", err)
	case errors.Is(err, nats.ErrSecureConnWanted):
		return fmt.Errorf("TLS is wanted and the server does not offer it: %w", err)
	default:
		return err
	}
}
