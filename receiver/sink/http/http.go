// SPDX-License-Identifier: Apache-2.0

package http

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Options describe an endpoint.
type Options struct {
	// URL to post to.
	URL string
	// Header is set on each request, over what the format sets.
	Header http.Header
	// Format of the request.
	Format config.Format
	// Timeout of one attempt, from connecting to the end of the answer.
	Timeout time.Duration
	// Concurrency is how many requests there are at a time; as many connections are kept open.
	Concurrency int
}

// Sink is an HTTP endpoint.
type Sink struct {
	options   Options
	transport *http.Transport
}

// New makes a sink. It does not connect yet.
func New(o Options) *Sink {
	return &Sink{options: o, transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: o.Timeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          o.Concurrency,
		MaxIdleConnsPerHost:   o.Concurrency,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   o.Timeout,
		ExpectContinueTimeout: time.Second,
	}}
}

// Send makes one attempt.
func (s *Sink) Send(ctx context.Context, m sink.Message) sink.Outcome {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, fmt.Errorf("no answer within %s", s.options.Timeout))
	defer cancel()
	request, err := newRequest(ctx, s.options, m)
	if err != nil {
		return sink.Dead{Reason: "the event cannot be put into a request: " + err.Error()}
	}
	// The transport and not a client: a client follows redirects, which would turn the POST into a GET without the event,
	// or send it where nobody declared it to go.
	answer, err := s.transport.RoundTrip(request)
	if err != nil {
		return sink.Retry{Cause: limit(ctx, err)}
	}
	defer answer.Body.Close() //nolint:errcheck // the answer was read as far as it is of interest
	beginning, _ := io.ReadAll(io.LimitReader(answer.Body, answerLength))
	_, _ = io.CopyN(io.Discard, answer.Body, maxDiscard) // so that the connection can be used again
	return classify(answer.StatusCode, answer.Header, beginning, time.Now())
}

// Close closes idle connections.
func (s *Sink) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// limit says which limit was hit, if one was. Other errors of a transport name the host at most, never the URL.
func limit(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
