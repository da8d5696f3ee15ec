// SPDX-License-Identifier: Apache-2.0

package http

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/guard"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

const (
	// pingAfter is how long a connection of HTTP/2 may be silent before its other end is asked whether it is still there.
	// All requests share one, so each would run into its timeout for as long as the system keeps one that leads nowhere.
	pingAfter = 15 * time.Second
	// pingTimeout is how long the answer to that may take before the connection is given up.
	pingTimeout = 5 * time.Second
)

// Options describe an endpoint.
type Options struct {
	// URL to post to.
	URL string
	// Header is set on each request, over what the format sets.
	Header http.Header
	// SecretHeaders name those of Header whose values are secret.
	SecretHeaders []string
	// Auth is how the sink shows who it is. It wins over Header.
	Auth Auth
	// SigningKeys sign each request for the consumer, see package documentation. Base64, with or without "whsec_" in front.
	SigningKeys []string
	// TLS holds the authorities to trust and the client's certificate; nil: the system's authorities, no certificate.
	TLS *tls.Config
	// AllowLinkLocal lets connections go to link-local and metadata addresses.
	AllowLinkLocal bool
	// Format of the request.
	Format config.Format
	// Timeout of one attempt, from connecting to the end of the answer, a token that has to be fetched first included.
	Timeout time.Duration
	// Concurrency is how many requests there are at a time; as many connections are kept open.
	Concurrency int
}

// Sink is an HTTP endpoint.
type Sink struct {
	options   Options
	transport *http.Transport
	auth      *authorizer
	signer    signer
	secrets   []string // what was configured and is to be in no outcome
	late      error    // why an attempt ended that took too long
}

// New makes a sink. It does not connect yet. The error tells which signing key is none.
func New(o Options) (*Sink, error) {
	signer, err := newSigner(o.SigningKeys)
	if err != nil {
		return nil, err
	}
	dialer := guard.Dialer(net.Dialer{Timeout: o.Timeout, KeepAlive: 30 * time.Second}, o.AllowLinkLocal)
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        o.TLS,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           o.Concurrency,
		MaxIdleConnsPerHost:    o.Concurrency,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    o.Timeout,
		ExpectContinueTimeout:  time.Second,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
	return &Sink{
		options: o, transport: transport, auth: newAuthorizer(o.Auth, transport), signer: signer, secrets: secrets(o),
		late: fmt.Errorf("no answer within %s", o.Timeout),
	}, nil
}

// Send makes one attempt.
func (s *Sink) Send(ctx context.Context, m sink.Message) sink.Outcome {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, s.late)
	defer cancel()
	request, err := s.newRequest(ctx, m)
	if err != nil {
		return sink.Dead{Reason: "the event cannot be put into a request: " + err.Error()}
	}
	token, err := s.auth.authorize(ctx, request)
	if err != nil {
		return sink.Retry{Cause: s.told(request, err)}
	}
	// The transport and not a client: a client follows redirects, which would turn the POST into a GET without the event,
	// or send it where nobody declared it to go.
	answer, err := s.transport.RoundTrip(request)
	if err != nil {
		return sink.Retry{Cause: s.told(request, limit(ctx, err))}
	}
	defer answer.Body.Close() //nolint:errcheck // the answer was read as far as it is of interest
	var said string
	if !succeeded(answer.StatusCode) {
		said = beginning(answer.Body, s.secretsOf(request))
	}
	_, _ = io.CopyN(io.Discard, answer.Body, maxDiscard) // so that the connection can be used again
	if answer.StatusCode == http.StatusUnauthorized && token != "" {
		s.auth.forget(token)
		return sink.Retry{Cause: errTokenExpired}
	}
	return classify(answer.StatusCode, answer.Header, said, time.Now())
}

var errTokenExpired = errors.New("the sink answered 401 Unauthorized to an access token that it had accepted: a new one is asked for")

// Close closes idle connections.
func (s *Sink) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// limit says which limit was hit, if one was.
func limit(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
