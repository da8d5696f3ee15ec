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
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// headerIdempotencyKey is the header of draft-ietf-httpapi-idempotency-key-header.
const headerIdempotencyKey = "Idempotency-Key"

// notForwarded are headers of the original request that say nothing about the event: they belong to its connection
// (RFC 9110 §7.6.1), to its way to the receiver, or to the receiver as its target. Credentials are among the latter: a
// sink has those of its configuration only.
var notForwarded = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Expect", "Accept-Encoding", "Authorization", "Cookie",
	"Forwarded", "Via", "X-Real-Ip",
}

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
		copyHeaders(request, m.Header)
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

func copyHeaders(request *http.Request, header http.Header) {
	connection := strings.Split(strings.Join(header.Values("Connection"), ","), ",")
	for name, values := range header {
		if forwarded(name, connection) {
			request.Header[name] = values
		}
	}
}

// forwarded tells whether a header of the original request goes on to the sink.
func forwarded(name string, connection []string) bool {
	if slices.Contains(notForwarded, name) || strings.HasPrefix(name, "X-Forwarded-") {
		return false
	}
	return !slices.ContainsFunc(connection, func(option string) bool {
		return strings.EqualFold(strings.TrimSpace(option), name)
	})
}

// writeCloudEvent sets headers and, for the structured form, another body.
func writeCloudEvent(ctx context.Context, request *http.Request, format config.Format, m sink.Message) error {
	if format == config.CloudEventsBinary {
		ctx = binding.WithForceBinary(ctx)
	} else {
		ctx = binding.WithForceStructured(ctx)
	}
	ce := cloudEvent(m.Event)
	if err := ce.Validate(); err != nil {
		return fmt.Errorf("make a CloudEvent: %w", err)
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&ce), request); err != nil {
		return fmt.Errorf("make a CloudEvent: %w", err)
	}
	return nil
}

// cloudEvent gives an event the attributes of CloudEvents 1.0. The id is the deduplication key and not the EventId
// alone, because source and id together must be unique and SuperOffice's samples show one EventId under two events.
func cloudEvent(e *superoffice.Event) event.Event {
	ce := event.New()
	ce.SetID(e.DedupKey().String())
	ce.SetType("com.superoffice." + e.Name)
	ce.SetSource("/superoffice/" + url.PathEscape(e.ContextIdentifier))
	ce.SetSubject(fmt.Sprintf("%s/%d", e.Entity, e.PrimaryKey))
	if !e.Timestamp.IsZero() {
		ce.SetTime(e.Timestamp)
	}
	ce.SetDataContentType(event.ApplicationJSON)
	ce.SetExtension("partitionkey", e.RecordKey().String())
	ce.DataEncoded = e.Raw
	return ce
}
