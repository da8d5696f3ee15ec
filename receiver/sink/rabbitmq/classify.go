// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"errors"
	"fmt"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// tooManyHeaders: the properties and headers of a message have to fit into one frame. Of one that does not, the server
// closes the connection, with all that is under way on it.
type tooManyHeaders struct{ size, room int }

func (e tooManyHeaders) Error() string {
	return fmt.Sprintf("the message's headers have about %d bytes, and the server takes %d (frame_max)", e.size, e.room)
}

// classify says what the result of publishing means for the event.
func classify(err error, exchange, key string) sink.Outcome {
	var answer *amqp.Error
	var headers tooManyHeaders
	switch {
	case err == nil:
		return sink.Delivered{}
	case errors.As(err, &headers):
		return sink.Dead{Reason: headers.Error()}
	case errors.Is(err, errUnroutable) && exchange == "":
		return retry("there is no queue with the name %q: declare it", key)
	case errors.Is(err, errUnroutable):
		return retry("no queue is bound to exchange %q for routing key %q: bind one", exchange, key)
	case errors.Is(err, errNack):
		return retry("the server did not take the message for routing key %q: a queue may be full or out of order", key)
	case errors.As(err, &answer) && answer.Server:
		return classifyAnswer(answer, exchange)
	case errors.As(err, &answer):
		return sink.Retry{Cause: fmt.Errorf("%w: %s", errLost, answer.Reason)}
	}
	return sink.Retry{Cause: err}
}

// classifyAnswer says what the reason for which the server closed a channel, or the connection, means for the event.
func classifyAnswer(answer *amqp.Error, exchange string) sink.Outcome {
	switch {
	case answer.Code == amqp.ContentTooLarge,
		answer.Code == amqp.PreconditionFailed && strings.Contains(answer.Reason, "message size"):
		return sink.Dead{Reason: "the message is larger than the server takes (max_message_size)", Answer: answer.Reason}
	case answer.Code == amqp.NotFound:
		return retry("the exchange %q does not exist: declare it: %s", exchange, answer.Reason)
	case answer.Code == amqp.AccessRefused:
		return retry("the user may not publish to exchange %q: grant it the permission to write: %s", exchange, answer.Reason)
	}
	return retry("the server refused to go on: %s", answer.Reason)
}

func retry(format string, values ...any) sink.Retry {
	return sink.Retry{Cause: fmt.Errorf(format, values...)}
}

// advise says in other words why a server did not let the sink in.
func advise(err error, vhost string) error {
	var answer *amqp.Error
	switch {
	case errors.Is(err, amqp.ErrCredentials): // the library's guess, as RabbitMQ hangs up without a word
		return errors.New("the server hung up over the login: are user and password right?")
	case !errors.As(err, &answer):
		return fmt.Errorf("%w: %w", errHandshake, err)
	case answer.Server:
		return fmt.Errorf("the server refused the vhost %q or the user: %s", vhost, answer.Reason)
	}
	return fmt.Errorf("%w: %s", errHandshake, answer.Reason)
}
