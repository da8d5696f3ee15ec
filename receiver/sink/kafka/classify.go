// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"errors"
	"fmt"
	"io"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// refused tells whether an error is about the batch that was sent, and not about the way to the topic.
func refused(err error) bool {
	return errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge) || errors.Is(err, kerr.InvalidRecord)
}

// classify says what the result of producing to a topic means for the event. What the brokers call retriable and what not
// is of no help: that a topic or a permission is missing is final to them, and may pass here.
func classify(err error, topic string) sink.Outcome {
	switch {
	case err == nil:
		return sink.Delivered{}
	case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.RecordListTooLarge):
		return sink.Dead{Reason: fmt.Sprintf("the record is larger than the topic %q takes (max.message.bytes)", topic), Answer: err.Error()}
	case errors.Is(err, kerr.InvalidRecord):
		return sink.Dead{Reason: fmt.Sprintf("the topic %q does not take the record", topic), Answer: err.Error()}
	}
	return sink.Retry{Cause: advise(err, topic)}
}

// advise adds to an error what can be done about it, where the error does not say so.
func advise(err error, topic string) error {
	for _, known := range []struct {
		is   error
		says string
	}{
		{kerr.UnknownTopicOrPartition, "the topic %q does not exist or is not to be seen: create it, or let the user describe it"},
		{kerr.UnknownTopicID, "the topic %q is no longer the one that it was"},
		{kerr.InvalidTopicException, "%q is no name of a topic"},
		{kerr.TopicAuthorizationFailed, "the user may not write to the topic %q: allow it to write and to describe it"},
		{kerr.ClusterAuthorizationFailed, "the user may not write idempotently to the topic %q: allow it IdempotentWrite on the cluster"},
		{kerr.SaslAuthenticationFailed, "log in to write to the topic %q: the brokers refused the credentials"},
		{kerr.UnsupportedSaslMechanism, "log in to write to the topic %q: the brokers do not offer the mechanism"},
		{kerr.NotEnoughReplicas, "too few replicas of a partition of the topic %q are in sync (min.insync.replicas)"},
		{kgo.ErrRecordRetries, "the brokers took a record for the topic %q and did not acknowledge it, perhaps for want of replicas"},
		{io.EOF, "a broker hung up before it took a record for the topic %q, perhaps over the login or for want of TLS"},
		{kgo.ErrClientClosed, "the connection was closed while writing to the topic %q"},
	} {
		if errors.Is(err, known.is) {
			return fmt.Errorf(known.says+": %w", topic, err)
		}
	}
	return fmt.Errorf("write to the topic %q: %w", topic, err)
}
