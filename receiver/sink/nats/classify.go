// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Answers of a stream that the client library has no names for
// (https://github.com/nats-io/nats-server/blob/main/server/errors.json).
const (
	headerTooLarge jetstream.ErrorCode = 10097
	otherStream    jetstream.ErrorCode = 10060
)

// classify says what the result of publishing to a subject means for the event.
func classify(err error, subject, stream string, maxPayload int64) sink.Outcome {
	var answer *jetstream.APIError
	switch {
	case err == nil:
		return sink.Delivered{}
	case errors.Is(err, nats.ErrMaxPayload):
		return sink.Dead{Reason: fmt.Sprintf("the message is larger than the server's max_payload of %d bytes", maxPayload)}
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		return retry("no stream takes the subject %q: create one for it, on a server with JetStream", subject)
	case errors.Is(err, jetstream.ErrInvalidJSAck):
		return retry("what answers on the subject %q is no stream", subject)
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrDisconnected):
		return retry("the connection to NATS was lost before the acknowledgement")
	case errors.As(err, &answer):
		return classifyAnswer(answer, subject, stream)
	default:
		return sink.Retry{Cause: err}
	}
}

func classifyAnswer(answer *jetstream.APIError, subject, stream string) sink.Outcome {
	switch answer.ErrorCode {
	case jetstream.JSErrCodeStreamMessageExceedsMaximum, headerTooLarge:
		return sink.Dead{Reason: "the message is larger than the stream takes", Answer: answer.Description}
	case otherStream:
		return retry("the subject %q belongs to another stream than %q", subject, stream)
	default:
		return retry("the stream refused the message: %s (code %d)", answer.Description, answer.ErrorCode)
	}
}

func retry(format string, values ...any) sink.Retry {
	return sink.Retry{Cause: fmt.Errorf(format, values...)}
}
