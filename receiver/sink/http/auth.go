// SPDX-License-Identifier: Apache-2.0

package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Auth is how the sink shows who it is. At most one of its fields is set.
type Auth struct {
	// Bearer is a token, sent as it is (RFC 6750).
	Bearer string
	// Basic is a user name with a password (RFC 7617).
	Basic *Basic
	// OAuth2 gets tokens by client credentials.
	OAuth2 *OAuth2
}

// Basic is a user name with a password.
type Basic struct{ Username, Password string }

// OAuth2 gets tokens by client credentials (RFC 6749 §4.4). A token is used until it expires or the sink answers 401.
type OAuth2 struct {
	// TokenURL is the authorization server's token endpoint.
	TokenURL               string
	ClientID, ClientSecret string
	// Scopes that are asked for; none: the server's default.
	Scopes []string
	// Audience that is asked for, a parameter of some servers; empty: not sent.
	Audience string
}

// authorizer sets the Authorization header.
type authorizer struct {
	auth   Auth
	oauth2 *clientcredentials.Config
	client *http.Client // reaches the token endpoint with the same TLS and the same limits as the sink

	mu    sync.Mutex // held while a token is fetched: one request is enough for all who wait
	token *oauth2.Token
}

func newAuthorizer(a Auth, transport http.RoundTripper) *authorizer {
	z := &authorizer{auth: a, client: &http.Client{Transport: transport, CheckRedirect: noRedirect}}
	if o := a.OAuth2; o != nil {
		z.oauth2 = &clientcredentials.Config{
			TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Scopes: o.Scopes,
		}
		if o.Audience != "" {
			z.oauth2.EndpointParams = url.Values{"audience": {o.Audience}}
		}
	}
	return z
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// authorize returns the access token that it used, if it was one that was fetched before and may be out of date.
func (a *authorizer) authorize(ctx context.Context, r *http.Request) (cached string, err error) {
	switch {
	case a.auth.Bearer != "":
		r.Header.Set("Authorization", "Bearer "+a.auth.Bearer)
	case a.auth.Basic != nil:
		r.SetBasicAuth(a.auth.Basic.Username, a.auth.Basic.Password)
	case a.oauth2 != nil:
		token, fetched, err := a.accessToken(ctx)
		if err != nil {
			return "", err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		if !fetched {
			return token, nil
		}
	}
	return "", nil
}

func (a *authorizer) accessToken(ctx context.Context) (token string, fetched bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.token.Valid() {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, a.client)
		if a.token, err = a.oauth2.Token(ctx); err != nil {
			return "", false, fmt.Errorf("get an access token: %w", explain(ctx, err))
		}
		fetched = true
	}
	return a.token.AccessToken, fetched, nil
}

// forget lets go of a token that the sink did not accept any more.
func (a *authorizer) forget(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token != nil && a.token.AccessToken == token {
		a.token = nil
	}
}

// explain keeps of an error what the authorization server said by RFC 6749 §5.2, and neither the URL nor an answer of
// another form, either of which may hold a secret.
func explain(ctx context.Context, err error) error {
	var refused *oauth2.RetrieveError
	var withURL *url.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &refused) && refused.ErrorCode != "":
		return fmt.Errorf("the token endpoint answered %s: %s %s", refused.Response.Status, refused.ErrorCode, refused.ErrorDescription)
	case errors.As(err, &refused):
		return fmt.Errorf("the token endpoint answered %s", refused.Response.Status)
	case errors.As(err, &withURL):
		return withURL.Err
	}
	return errors.New("the token endpoint's answer holds no access token")
}
