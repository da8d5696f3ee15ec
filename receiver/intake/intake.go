// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/handover"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/receiver/tracing"
)

// Store keeps messages. When a method returns without error, the message is stored. Whatever it returns, it keeps nothing of
// the body that it was given, whose memory is used for another one next.
type Store interface {
	Put(ctx context.Context, event string, key superoffice.DedupKey, m queue.Message) (duplicate bool, err error)
	Bury(ctx context.Context, reason, key string, m queue.Message) error
	Adopt(ctx context.Context, event string, key superoffice.DedupKey, l *queue.Left) error
}

// Observer is told of every request, once it was answered.
type Observer interface {
	Answered(a Answer)
}

// Rules are what requests are held against.
type Rules struct {
	Path         string
	MaxBodyBytes int64
	Secrets      []config.Slot
	Tenants      []string
	// Associates are those whose changes are not wanted.
	Associates []int64
	Events     []string
	// Sinks and Generation, see config.HandOver, are for what other receivers hand over.
	Sinks      []config.Sink
	Generation int64

	secrets []superoffice.Secret // those of Secrets, in their order
}

// Handler answers SuperOffice. Make it with New.
type Handler struct {
	store   Store
	observe Observer
	log     logr.Logger
	tracing *tracing.Tracing // nil: none
	rules   atomic.Pointer[Rules]
	waiting patience
	failing atomic.Bool // the store failed, and has stored nothing since
	share   *Share
}

// New makes a handler that holds requests against rules.
func New(store Store, rules Rules, observe Observer, log logr.Logger) *Handler {
	h := &Handler{store: store, observe: observe, log: log, share: NewRoom().whole()}
	h.SetRules(rules)
	return h
}

// Trace has receipts be told of from now on. No request may be under way.
func (h *Handler) Trace(t *tracing.Tracing) { h.tracing = t }

// Within has requests take no more than a share of what the webhooks of a server have together. No request may be under way.
func (h *Handler) Within(s *Share) { h.share = s }

// SetRules changes the rules for all requests that begin from now on; those under way end by the old ones.
func (h *Handler) SetRules(rules Rules) {
	rules.secrets = make([]superoffice.Secret, len(rules.Secrets))
	for i, slot := range rules.Secrets {
		rules.secrets[i] = slot.Secret
	}
	h.rules.Store(&rules)
}

// SetSecrets changes the secrets alone, like SetRules. Rules must not be set meanwhile.
func (h *Handler) SetSecrets(secrets []config.Slot) {
	rules := *h.rules.Load()
	rules.Secrets = secrets
	h.SetRules(rules)
}

// Secrets are those that requests which begin now are held against.
func (h *Handler) Secrets() []config.Slot { return h.rules.Load().Secrets }

// The names of headers the way the server has them, so that they need not be made so for each request.
var (
	headerSignature = http.CanonicalHeaderKey(superoffice.HeaderSignature)
	headerTest      = http.CanonicalHeaderKey(superoffice.HeaderTest)
)

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	a := Answer{Reason: InternalError}
	defer func() {
		if failure := recover(); failure != nil {
			h.log.Error(errPanic, "a request could not be handled", "panic", failure)
			a.Reason = InternalError
		}
		a.write(w, r, began)
		h.observe.Answered(a)
		h.share.spare.giveBack(a.memory)
	}()
	a.Reason = h.answer(r, began, &a)
}

// Always answers every request in the same way, where there is no webhook to receive it, or none yet.
func Always(reason Reason, observe Observer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := Answer{Reason: reason}
		a.write(w, r, time.Now())
		observe.Answered(a)
	})
}

// endDisputable tells whether somebody on the way may have seen the request end elsewhere: where it has a Content-Length
// beside its chunks, or chunks in HTTP/1.0. The server hides what it ignored, so all are meant that could be such. Nothing
// more is read from their connection (RFC 9112, 6.1), for the answer to what was smuggled in behind them would be taken for
// the answer to an event.
func endDisputable(r *http.Request) bool { return len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) }

// notStored are the headers that end here. Credentials are for whoever stands in front of intake; what is stored is shown to those
// who run the webhook, and stays on a disk. The length is told by the body.
var notStored = []string{"Authorization", "Proxy-Authorization", "Cookie", "Content-Length"}

var errPanic = errors.New("panic in intake")

// answer goes through the checks in order; each that fails ends them. What else is to be told of the request it notes in
// a at once, so that it is known even after a panic.
func (h *Handler) answer(r *http.Request, now time.Time, a *Answer) Reason {
	defer h.share.requests.giveBack(1)
	if !h.share.requests.take(1) {
		return TooManyAtOnce
	}
	rules := h.rules.Load()
	if r.URL.Path != rules.Path {
		return PathUnknown
	}
	if r.Method != http.MethodPost {
		return MethodNotAllowed
	}
	held := loan{from: &h.share.held}
	defer held.giveBack()
	body, reason := readBody(r, rules.MaxBodyBytes, h.share.spare, &held)
	a.BodyBytes, a.memory = len(body), body
	if reason != "" {
		return reason
	}
	for _, name := range notStored {
		delete(r.Header, name)
	}
	if left, generation := handover.Open(rules.secrets, r.Header, body); left != nil {
		return h.takeOver(left, generation, rules, now)
	}
	isTest := r.Header.Get(headerTest) == "true"
	v, reason := verify(r, body, rules)
	if reason == SignatureMissing && (isTest || holdsTest(body)) {
		return TestEvent
	}
	if reason != "" {
		return reason
	}
	a.Secret, a.Body = v.secret, body
	a.span = h.tracing.Received(now, r.Header)
	if isTest {
		return TestEvent
	}
	return h.keep(v, rules, now, a)
}

// verified is a body whose signature was verified, with the headers beside it and the slot of the secret that made the
// signature. Only verify makes one.
type verified struct {
	body   []byte
	header http.Header
	secret string
}

func verify(r *http.Request, body []byte, rules *Rules) (*verified, Reason) {
	signatures := r.Header.Values(headerSignature)
	if len(signatures) > 1 {
		return nil, SignatureMalformed
	}
	which, err := superoffice.Verify(rules.secrets, body, strings.Join(signatures, ""))
	switch {
	case errors.Is(err, superoffice.ErrNoSignature):
		return nil, SignatureMissing
	case errors.Is(err, superoffice.ErrMalformedSignature):
		return nil, SignatureMalformed
	case err != nil:
		return nil, SignatureMismatch
	}
	return &verified{body: body, header: r.Header, secret: rules.Secrets[which].Name}, ""
}

// maxTestBytes is the largest body that is read without a signature, to see whether it is a test event. SuperOffice's have
// 300 bytes; reading a body of many small members takes more than ten times its size, which nobody gets without the secret.
const maxTestBytes = 64 << 10

func holdsTest(body []byte) bool {
	if len(body) > maxTestBytes {
		return false
	}
	event, err := superoffice.Identify(body)
	return err == nil && event.IsTest()
}

// keep stores what is wanted, and what is authentic but holds no event.
func (h *Handler) keep(v *verified, rules *Rules, now time.Time, a *Answer) Reason {
	ctx := h.waiting.from(now)
	message := queue.Message{Body: v.body, Header: v.header, Received: now, Trace: a.span.Parent()}
	event, err := superoffice.Identify(v.body)
	if err != nil {
		return h.stored(NoEvent, h.store.Bury(ctx, err.Error(), fingerprint(v.body), message))
	}
	a.Event = event
	a.span.Holds(event)
	switch {
	case event.IsTest():
		return TestEvent
	case !slices.Contains(rules.Events, event.Name):
		return EventNotWanted
	case len(rules.Tenants) > 0 && !slices.Contains(rules.Tenants, event.ContextIdentifier):
		return TenantNotWanted
	case slices.Contains(rules.Associates, event.ChangedByAssociateID):
		return AssociateIgnored
	}
	duplicate, err := h.store.Put(ctx, event.Name, event.DedupKey(), message)
	if duplicate {
		return Duplicate
	}
	return h.stored(Stored, err)
}

// stored turns the error of the store, if there is one, into its reason. It logs when storing begins to fail and when it
// works again, not each event in between; and not that the queue is full, which can come and go with each event.
func (h *Handler) stored(reason Reason, err error) Reason {
	switch {
	case err == nil:
		if h.failing.CompareAndSwap(true, false) {
			h.log.Info("events can be stored again")
		}
		return reason
	case errors.Is(err, queue.ErrFull):
		h.log.V(1).Info("an event was not stored", "reason", err.Error())
		return QueueFull
	case h.failing.CompareAndSwap(false, true):
		h.log.Error(err, "events cannot be stored; SuperOffice is told to try again")
	default:
		h.log.V(1).Info("an event was not stored", "reason", err.Error())
	}
	return QueueFailed
}

// fingerprint recognises a body that comes again.
func fingerprint(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
