// SPDX-License-Identifier: Apache-2.0

package log

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Options say what is written where.
type Options struct {
	// Writer takes the lines, each in one call. It stays open: Close leaves it to its owner. Example: os.Stdout.
	Writer io.Writer
	// Webhook is which one the events are of, where Writer takes those of several. Default: it is not told.
	Webhook string
	// Body adds the whole body to each line. Default false.
	Body bool
	// Redact names the keys whose values are not to be seen; "*" stands for all of them. Default none. Example:
	// ["associate_id", "person_id"].
	Redact []string
}

// Sink writes lines.
type Sink struct {
	webhook string
	body    bool
	redact  redaction

	mu     sync.Mutex
	writer io.Writer // under mu
	torn   bool      // under mu: the last write ended amid a line
}

// New makes a sink.
func New(o Options) *Sink {
	return &Sink{webhook: o.Webhook, body: o.Body, redact: newRedaction(o.Redact), writer: o.Writer}
}

// Send writes one line.
func (s *Sink) Send(ctx context.Context, m sink.Message) sink.Outcome {
	line, err := s.line(m)
	if err != nil {
		return sink.Dead{Reason: "the event cannot be put into a line: " + err.Error()}
	}
	if ctx.Err() != nil {
		return sink.Retry{Cause: context.Cause(ctx)}
	}
	if err := s.write(line); err != nil {
		return sink.Retry{Cause: fmt.Errorf("write to the log: %w", err)}
	}
	return sink.Delivered{}
}

// Close does nothing.
func (s *Sink) Close() error { return nil }

func (s *Sink) write(line []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := s.writer.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if n > 0 {
		s.torn = line[n-1] != '\n'
	}
	return err
}
