// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrForeignStream: a stream of the cluster has the name of one of this queue's and is something else. It is not touched.
var ErrForeignStream = errors.New("the stream belongs to somebody else")

// openStream makes a stream be as it is wanted; in a cluster at least as it is wanted.
func (q *Queue) openStream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	if q.engine.cluster == nil {
		return q.js.CreateOrUpdateStream(ctx, want)
	}
	stream, err := q.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = q.js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another receiver was faster
			stream, err = q.js.Stream(ctx, want.Name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", want.Name, err)
	}
	is := stream.CachedInfo().Config
	next, larger, err := raise(is, want)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", want.Name, err)
	}
	if len(larger) > 0 {
		q.log.Info("a stream is larger than it is wanted, and stays so", "stream", want.Name, "difference", strings.Join(larger, ", "))
	}
	if reflect.DeepEqual(is, next) {
		return stream, nil
	}
	if stream, err = q.js.UpdateStream(ctx, next); err != nil {
		return nil, fmt.Errorf("stream %s: %w", want.Name, err)
	}
	return stream, nil
}

// raise says what becomes of a stream that is there: what is larger than wanted stays, because somebody may need it, what
// is smaller grows, and what could lose a message is switched off. What this queue does not care about stays as it is.
func raise(is, want jetstream.StreamConfig) (next jetstream.StreamConfig, larger []string, err error) {
	if !slices.Equal(slices.Sorted(slices.Values(is.Subjects)), slices.Sorted(slices.Values(want.Subjects))) {
		return is, nil, fmt.Errorf("%w: its subjects are %s and not %s", ErrForeignStream,
			strings.Join(is.Subjects, ", "), strings.Join(want.Subjects, ", "))
	}
	if is.Retention != want.Retention || is.Storage != want.Storage {
		return is, nil, fmt.Errorf("%w: its retention is %s on %s and not %s on %s, which cannot be changed", ErrForeignStream,
			is.Retention, is.Storage, want.Retention, want.Storage)
	}
	next = is
	next.Discard, next.DiscardNewPerSubject = want.Discard, false
	next.MaxMsgs, next.MaxMsgsPerSubject, next.MaxMsgSize = -1, -1, -1
	next.AllowDirect = false // a server that lags behind would answer, and the trimmer take for delivered what is not there yet
	next.NoAck = false
	if is.Replicas > want.Replicas {
		larger = append(larger, fmt.Sprintf("%d replicas and not %d", is.Replicas, want.Replicas))
	}
	next.Replicas = max(is.Replicas, want.Replicas)
	if is.MaxBytes <= 0 || is.MaxBytes > want.MaxBytes {
		larger = append(larger, fmt.Sprintf("%s bytes and not %d", unlimited(is.MaxBytes), want.MaxBytes))
	} else {
		next.MaxBytes = want.MaxBytes
	}
	if is.MaxAge <= 0 || is.MaxAge > want.MaxAge {
		larger = append(larger, fmt.Sprintf("messages are kept for %s and not %s", unlimited(is.MaxAge), want.MaxAge))
	} else {
		next.MaxAge = want.MaxAge
	}
	if is.Duplicates > want.Duplicates {
		larger = append(larger, fmt.Sprintf("duplicates are known for %s and not %s", is.Duplicates, want.Duplicates))
	}
	next.Duplicates = max(is.Duplicates, want.Duplicates)
	return next, larger, nil
}

func unlimited[T int64 | time.Duration](limit T) string {
	if limit <= 0 {
		return "unlimited"
	}
	return fmt.Sprint(limit)
}
