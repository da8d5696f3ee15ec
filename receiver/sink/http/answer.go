// SPDX-License-Identifier: Apache-2.0

package http

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

const (
	// answerLength is how much of a refusal is kept with a dead letter, and of an error with a cause.
	answerLength = 512
	// maxHeader is how much header an answer may have. Short lines take some 16 times their length in memory, so the
	// library's limit of 10 MiB would let each request have 170 MiB.
	maxHeader = 64 << 10
	// maxDiscard is how much of an answer is read only to save the connection.
	maxDiscard = 64 << 10
	// maxRetryAfter bounds what a sink can ask for, so that a wrong date doesn't postpone events for years.
	maxRetryAfter = time.Hour
)

// classify says what an answer means for the event. The statuses that may pass are those of RFC 9110 (408, 5xx),
// RFC 8470 (425) and RFC 6585 (429).
func classify(status int, header http.Header, beginning string, now time.Time) sink.Outcome {
	if succeeded(status) {
		return sink.Delivered{}
	}
	said := strings.TrimSpace(fmt.Sprintf("the sink answered %d %s", status, http.StatusText(status)))
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return sink.Retry{After: retryAfter(header.Get("Retry-After"), now), Cause: errors.New(said)}
	case status >= 300 && status < 400:
		said += ", and redirects are not followed"
	}
	return sink.Dead{Reason: said, Answer: strings.ToValidUTF8(beginning, "\uFFFD")}
}

// beginning reads how an answer begins, without what it repeats of secrets.
func beginning(body io.Reader, secrets []string) string {
	read, _ := io.ReadAll(io.LimitReader(body, answerLength))
	kept := sink.RedactText(string(read), secrets...) // which may be longer
	return kept[:min(len(kept), answerLength)]
}

func succeeded(status int) bool { return status >= 200 && status < 300 }

// retryAfter reads a pause in seconds or as a date (RFC 9110 §10.2.3); what can't be read is no wish.
func retryAfter(value string, now time.Time) time.Duration {
	var pause time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		pause = time.Duration(seconds) * time.Second // #nosec G115 -- at most 31 bits
	} else if date, err := http.ParseTime(value); err == nil {
		pause = date.Sub(now)
	}
	return min(max(pause, 0), maxRetryAfter)
}
