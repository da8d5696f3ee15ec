// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"errors"
	"fmt"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// maxText is how many bytes are kept of what is said of a failure. Who answers in the place of a sink may say a megabyte, and it
// goes into dead letters, the status and the log.
const maxText = 1 << 10

// brief cuts what an outcome says of a failure. Of a cause that is cut only the text is left: nobody asks what it wraps.
func brief(o sink.Outcome) sink.Outcome {
	switch o := o.(type) {
	case sink.Retry:
		said := o.Cause.Error()
		if text := queue.Shorten(said, maxText); text != said {
			o.Cause = errors.New(text)
		}
		return o
	case sink.Dead:
		o.Reason = queue.Shorten(o.Reason, maxText)
		return o
	}
	return o
}

// describe says for a trace what came of an attempt, and why it failed, if it did.
func describe(o sink.Outcome) (outcome, why string) {
	switch o := o.(type) {
	case sink.Retry:
		return "retry", o.Cause.Error()
	case sink.Dead:
		return "dead", o.Reason
	}
	return "delivered", ""
}

// gaveUp says why there is no further attempt.
func gaveUp(limits config.Delivery, attempts int, last sink.Retry) string {
	if limits.MaxAttempts > 0 && attempts >= limits.MaxAttempts {
		return fmt.Sprintf("not delivered in %d attempts; the last: %v", attempts, last.Cause)
	}
	reason := fmt.Sprintf("too old: not delivered within %s, in %d attempts; the last: %v", limits.MaxAge.Std(), attempts, last.Cause)
	if last.After > 0 {
		reason += fmt.Sprintf("; the sink wanted the next after %s", last.After)
	}
	return reason
}

// writtenOff says why there is no attempt at a sink that is down.
func writtenOff(limits config.Delivery, attempts int, last error) string {
	reason := fmt.Sprintf("too old: not delivered within %s, in %d attempts", limits.MaxAge.Std(), attempts)
	if limits.MaxAttempts > 0 && attempts >= limits.MaxAttempts {
		reason = fmt.Sprintf("not delivered in %d attempts", attempts)
	}
	reason += "; the sink was not asked again, since it had failed all along"
	if last != nil {
		reason += fmt.Sprintf(": %v", last)
	}
	return reason
}
