// SPDX-License-Identifier: Apache-2.0

package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
)

// headerIdempotencyKey is the header of draft-ietf-httpapi-idempotency-key-header.
const headerIdempotencyKey = "Idempotency-Key"

// newRequest puts an event into a request, all but the credentials.
func (s *Sink) newRequest(ctx context.Context, m sink.Message) (*http.Request, error) {
	request, body, err := s.encode(ctx, m)
	if err != nil {
		return nil, err
	}
	id := m.Event.DedupKey().String()
	request.Header.Set(headerIdempotencyKey, id)
	if m.Trace.Attempt != "" {
		request.Header.Set(format.TraceParent, m.Trace.Attempt)
	}
	if err := s.signer.sign(request.Header, id, body, time.Now()); err != nil {
		return nil, err
	}
	for name, values := range s.options.Header { // last, so that they win
		request.Header[textproto.CanonicalMIMEHeaderKey(name)] = values
	}
	return request, nil
}

// encode makes a request with what the format says, and returns its body beside it.
func (s *Sink) encode(ctx context.Context, m sink.Message) (*http.Request, []byte, error) {
	if s.options.Format == config.CloudEventsBinary {
		return s.encodeBinary(ctx, m)
	}
	encoded, err := format.Encode(s.options.Format, m)
	if err != nil {
		return nil, nil, err
	}
	request, err := s.post(ctx, encoded.Body)
	if err != nil {
		return nil, nil, err
	}
	if s.options.Format == config.CloudEventsStructured {
		request.Header.Set("Content-Type", encoded.ContentType)
	} else {
		request.Header = encoded.Header
	}
	return request, encoded.Body, nil
}

// encodeBinary has the SDK set the headers of a CloudEvent, because it knows how to escape them; it sets the body as well,
// to the same bytes.
func (s *Sink) encodeBinary(ctx context.Context, m sink.Message) (*http.Request, []byte, error) {
	ce, err := format.Traced(m)
	if err != nil {
		return nil, nil, err
	}
	request, err := s.post(ctx, ce.DataEncoded)
	if err != nil {
		return nil, nil, err
	}
	if err := cehttp.WriteRequest(binding.WithForceBinary(ctx), binding.ToMessage(&ce), request); err != nil {
		return nil, nil, fmt.Errorf("make a CloudEvent: %w", err)
	}
	return request, ce.DataEncoded, nil
}

func (s *Sink) post(ctx context.Context, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.options.URL, bytes.NewReader(body))
	if err != nil {
		var withURL *url.Error // the URL may hold a secret
		if errors.As(err, &withURL) {
			err = withURL.Err
		}
		return nil, fmt.Errorf("make a request: %w", err)
	}
	return request, nil
}
