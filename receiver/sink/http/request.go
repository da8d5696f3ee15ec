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

	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
)

// headerIdempotencyKey is the header of draft-ietf-httpapi-idempotency-key-header.
const headerIdempotencyKey = "Idempotency-Key"

func newRequest(ctx context.Context, o Options, m sink.Message) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL, bytes.NewReader(m.Event.Raw))
	if err != nil {
		var withURL *url.Error // the URL may hold a secret
		if errors.As(err, &withURL) {
			err = withURL.Err
		}
		return nil, fmt.Errorf("make a request: %w", err)
	}
	switch o.Format {
	case config.Raw:
		request.Header = format.Forwarded(m.Header)
	case config.CloudEventsBinary, config.CloudEventsStructured:
		if err := writeCloudEvent(ctx, request, o.Format, m); err != nil {
			return nil, err
		}
	}
	request.Header.Set(headerIdempotencyKey, m.Event.DedupKey().String())
	for name, values := range o.Header { // last, so that they win
		request.Header[textproto.CanonicalMIMEHeaderKey(name)] = values
	}
	return request, nil
}

// writeCloudEvent sets headers and, for the structured form, another body.
func writeCloudEvent(ctx context.Context, request *http.Request, f config.Format, m sink.Message) error {
	if f == config.CloudEventsBinary {
		ctx = binding.WithForceBinary(ctx)
	} else {
		ctx = binding.WithForceStructured(ctx)
	}
	ce, err := format.CloudEvent(m.Event)
	if err != nil {
		return err
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&ce), request); err != nil {
		return fmt.Errorf("make a CloudEvent: %w", err)
	}
	return nil
}
