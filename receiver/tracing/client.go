// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/superoffice-webhook/operator/receiver/guard"
)

const (
	// requestTimeout is how long one request to a collector may take.
	requestTimeout = 10 * time.Second
	// repeatPause is waited before a request is repeated, and doubled each time.
	repeatPause = time.Second
	// maxAnswer is how much is read of a collector's answer, so that the connection can be used again.
	maxAnswer = 64 << 10
	// maxHeader is how much header an answer may have. The library's limit of 10 MiB would cost many times that in memory.
	maxHeader = 64 << 10
	// pingAfter is how long a connection of HTTP/2 may be silent before its other end is asked whether it is still there, and
	// pingTimeout how long the answer may take before the connection is given up.
	pingAfter, pingTimeout = 15 * time.Second, 5 * time.Second
)

// client sends spans to a collector: OTLP over HTTP with protobuf
// (https://opentelemetry.io/docs/specs/otlp/#otlphttp). OpenTelemetry's own does the same, and links all of gRPC for it,
// which would make the receiver half as large again.
type client struct {
	url    string
	header http.Header
	http   *http.Client
}

func newClient(url string, header http.Header) *client {
	dialer := guard.Dialer(net.Dialer{Timeout: requestTimeout}, false)
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 1, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: requestTimeout,
		MaxResponseHeaderBytes: maxHeader, HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
	return &client{url, header, &http.Client{
		Transport: transport, Timeout: requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Start implements otlptrace.Client.
func (c *client) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. What may pass is tried again until ctx is done.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// On the wire this is the same as an ExportTraceServiceRequest.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("write spans: %w", err)
	}
	for pause := repeatPause; ; pause *= 2 {
		passes, err := c.post(ctx, body)
		if err == nil || !passes {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// post makes one request. passes tells whether the error is one that may pass.
func (c *client) post(ctx context.Context, body []byte) (passes bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return false, withoutURL(err)
	}
	request.Header = c.header.Clone()
	request.Header.Set("Content-Type", "application/x-protobuf")
	answer, err := c.http.Do(request)
	if err != nil {
		return true, withoutURL(err)
	}
	defer answer.Body.Close() //nolint:errcheck // what it says is of no interest
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	switch answer.StatusCode {
	case http.StatusOK:
		return false, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		passes = true
	}
	return passes, fmt.Errorf("the collector answered %s", answer.Status)
}

// withoutURL is what an error of the library's says besides the URL, which may hold a collector's key.
func withoutURL(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}
