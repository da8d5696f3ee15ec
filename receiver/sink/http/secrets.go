// SPDX-License-Identifier: Apache-2.0

package http

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// secrets are those of a configuration. An endpoint is sent most of them, has others itself, and may repeat each.
func secrets(o Options) []string {
	var all []string
	if b := o.Auth.Basic; b != nil {
		all = append(all, b.Password)
	}
	if c := o.Auth.OAuth2; c != nil { // a pair of them is written as a form before it is encoded (RFC 6749 §2.3.1)
		all = append(all, c.ClientSecret, encoded(url.QueryEscape(c.ClientID), url.QueryEscape(c.ClientSecret)))
	}
	for name, values := range o.Header {
		if slices.ContainsFunc(o.SecretHeaders, func(secret string) bool { return canonical(secret) == canonical(name) }) {
			for _, value := range values {
				all = append(all, value, credentials(value))
			}
		}
	}
	for _, key := range o.SigningKeys {
		all = append(all, strings.TrimPrefix(strings.TrimSpace(key), "whsec_"))
	}
	return all
}

func canonical(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }

// encoded is a pair as Basic writes it (RFC 7617), without what only fills it up, which may be left away.
func encoded(user, password string) string {
	return base64.RawStdEncoding.EncodeToString([]byte(user + ":" + password))
}

// credentials are what stands behind the scheme in an Authorization header, or all of it where there is no scheme.
func credentials(value string) string {
	if _, behind, found := strings.Cut(value, " "); found {
		return behind
	}
	return value
}

// secretsOf are those that are to be in no outcome of a request: what was configured, and what it has for Authorization, such
// as an access token.
func (s *Sink) secretsOf(request *http.Request) []string {
	sent := strings.TrimRight(credentials(request.Header.Get("Authorization")), "=")
	return append(slices.Clone(s.secrets), sent)
}

// told is what may be told of an error: no secret, no URL, and not much. A transport quotes what is no HTTP, and an
// authorization server explains itself at any length.
func (s *Sink) told(request *http.Request, err error) error {
	hidden := append(s.secretsOf(request), request.URL.RequestURI())
	if o := s.options.Auth.OAuth2; o != nil {
		if u, err := url.Parse(o.TokenURL); err == nil {
			hidden = append(hidden, u.RequestURI())
		}
	}
	err = sink.RedactError(err, hidden...)
	if text := err.Error(); len(text) > answerLength {
		return errors.New(strings.ToValidUTF8(text[:answerLength], "") + "…")
	}
	return err
}
