// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// parallel is how many requests are under way at a time.
	parallel = 8
	// requestTimeout is how long one request may take; a receiver answers within 5 seconds.
	requestTimeout = 7 * time.Second
	// pause is waited before a request is made again.
	pause = 250 * time.Millisecond
	// maxHeader is how much header an answer may have. The library's limit of 10 MiB would cost many times that in memory.
	maxHeader = 64 << 10
	// roundPause is waited before all that receivers do not know yet is sent again. What they wait for takes up to a minute.
	roundPause = time.Second
)

// hopHeaders belong to the connection on which SuperOffice's request came (RFC 9110 §7.6.1) and are not sent again.
var hopHeaders = []string{
	"Connection", "Content-Length", "Expect", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// Receivers are those that an address leads to.
type Receivers struct {
	// URL is where the webhook receives.
	URL string
	// Secret is the current shared secret.
	Secret superoffice.Secret
	// Generation is that of the configuration in force here, see config.HandOver.
	Generation int64
	// Identity is what they show where URL is an https one. Default nil: a certificate that the system trusts.
	Identity *Identity
	// Patience is for how long to try without any success before giving up.
	Patience time.Duration
}

var (
	// errKept: no receiver will ever take it.
	errKept = errors.New("no receiver takes this one")
	// errLater: one may take it once it has our configuration.
	errLater = errors.New("another receiver has an older configuration, which lacks a sink or an event of ours")
)

// HandOver sends everything that is left in the queue and removes what was stored elsewhere. It returns how many events and
// dead letters that are, and why the rest was not: ctx ended, nobody took anything for longer than the receivers' patience,
// or some cannot be taken. What receivers do not know yet is sent to them again until ctx ends, and holds up nothing else.
func HandOver(ctx context.Context, q *queue.Queue, to Receivers) (handed int64, err error) {
	transport := &http.Transport{
		MaxIdleConnsPerHost:    parallel,
		MaxResponseHeaderBytes: maxHeader,
		TLSClientConfig:        to.Identity.trust(),
		DisableCompression:     true, // or a header would be added that SuperOffice did not send
	}
	defer transport.CloseIdleConnections()
	s := &sender{queue: q, to: to, client: &http.Client{
		Transport:     transport,
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	s.heard()
	left := q.Left(ctx)
	for {
		err = s.round(ctx, left)
		if err != nil || s.later.Load() == nil {
			return s.moved.Load(), errors.Join(err, told(&s.kept), told(&s.later))
		}
		transport.CloseIdleConnections() // new ones may lead to a receiver that knows it already
		select {
		case <-ctx.Done(): // of which the next round tells
		case <-time.After(roundPause):
		}
	}
}

// sender hands over from one queue.
type sender struct {
	queue     *queue.Queue
	to        Receivers
	client    *http.Client
	succeeded atomic.Int64 // when a request succeeded last, or the first was made: Unix time in nanoseconds
	moved     atomic.Int64

	// Of this round: why one that no receiver takes was not taken, and one that may be taken later.
	kept, later atomic.Pointer[error]
}

// told is the error that was stored; nil for none.
func told(of *atomic.Pointer[error]) error {
	if err := of.Load(); err != nil {
		return *err
	}
	return nil
}

// heard notes that there is another receiver.
func (s *sender) heard() { s.succeeded.Store(time.Now().UnixNano()) }

// round sends each once that is left.
func (s *sender) round(ctx context.Context, all iter.Seq2[*queue.Left, error]) error {
	before := s.later.Swap(nil)
	s.kept.Store(nil)
	group, sending := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for left, err := range all {
		if err != nil {
			group.Go(func() error { return err })
			break
		}
		group.Go(func() error { return s.move(sending, left) })
		if sending.Err() != nil {
			break
		}
	}
	err := errors.Join(group.Wait(), ctx.Err())
	if err != nil { // it was cut short, and what it did not come to waits for the same as before
		s.later.CompareAndSwap(nil, before)
	}
	return err
}

// move sends one and then removes it.
func (s *sender) move(ctx context.Context, l *queue.Left) error {
	err := s.send(ctx, l)
	switch {
	case errors.Is(err, errKept): // the others still can be moved
		s.kept.Store(&err)
		return nil
	case errors.Is(err, errLater): // likewise, and this one in the next round
		s.later.Store(&err)
		return nil
	case err != nil:
		return err
	}
	s.moved.Add(1)
	return s.queue.Remove(ctx, l)
}

// send tries until one is taken.
func (s *sender) send(ctx context.Context, l *queue.Left) error {
	for {
		err := s.post(ctx, l)
		if err == nil || errors.Is(err, errLater) { // it will have our configuration soon
			s.heard()
			return err
		}
		if errors.Is(err, errKept) || ctx.Err() != nil {
			return err
		}
		if time.Since(time.Unix(0, s.succeeded.Load())) > s.to.Patience {
			return fmt.Errorf("no other receiver has taken anything for %s: %w", s.to.Patience, err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func (s *sender) post(ctx context.Context, l *queue.Left) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.to.URL, bytes.NewReader(l.Body))
	if err != nil {
		return fmt.Errorf("%w: %w", errKept, err)
	}
	request.Header = maps.Clone(l.Header)
	for _, name := range hopHeaders {
		request.Header.Del(name)
	}
	if request.UserAgent() == "" {
		request.Header.Set("User-Agent", "") // none, rather than the library's
	}
	if err := seal(request.Header, s.to.Secret, s.to.Generation, l); err != nil {
		return fmt.Errorf("%w: %w", errKept, err)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1024)) // so that the connection is used again
	if answer.Header.Get(HeaderLater) != "" {
		return fmt.Errorf("%w: it was answered with %s", errLater, answer.Status)
	}
	switch answer.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusRequestHeaderFieldsTooLarge:
		return fmt.Errorf("%w: it was answered with %s", errKept, answer.Status)
	default: // another receiver, or the same a little later, may take it
		return fmt.Errorf("another receiver answered with %s", answer.Status)
	}
}
