// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/superoffice-webhook/operator/receiver/handover"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/receiver/tracing"
)

// Answer is how one request was answered.
type Answer struct {
	Reason Reason
	// Took is the time from the end of the request's headers to the answer.
	Took time.Duration
	// BodyBytes is how much of the body was read.
	BodyBytes int
	// Secret is the slot of the secret that made the signature. It is empty where none did: then anybody may have sent
	// the request.
	Secret string
	// Event is that of a body whose signature was verified and which was looked at; nil otherwise. Body is that body. Neither
	// must be kept, nor any string in them: the memory is used for another body next.
	Event *superoffice.Event
	Body  []byte

	span   *tracing.Span // nil where nothing is traced
	memory []byte        // of the body
}

// write answers a request that began at a time.
func (a *Answer) write(w http.ResponseWriter, r *http.Request, began time.Time) {
	if endDisputable(r) {
		w.Header().Set("Connection", "close")
	}
	a.Reason.write(w)
	a.Took = time.Since(began)
	a.span.Answered(string(a.Reason), a.Reason.Status())
}

// Reason says in one word why a request was answered as it was. The set is fixed, so it can label metrics.
type Reason string

// The reasons.
const (
	Stored             Reason = "Stored"
	Duplicate          Reason = "Duplicate"
	TakenOver          Reason = "TakenOver"
	TestEvent          Reason = "TestEvent"
	EventNotWanted     Reason = "EventNotWanted"
	TenantNotWanted    Reason = "TenantNotWanted"
	AssociateIgnored   Reason = "AssociateIgnored"
	NoEvent            Reason = "NoEvent"
	SignatureMissing   Reason = "SignatureMissing"
	SignatureMalformed Reason = "SignatureMalformed"
	SignatureMismatch  Reason = "SignatureMismatch"
	BodyTooLarge       Reason = "BodyTooLarge"
	BodyCompressed     Reason = "BodyCompressed"
	BodyIncomplete     Reason = "BodyIncomplete"
	TooMuchAtOnce      Reason = "TooMuchAtOnce"
	TooManyAtOnce      Reason = "TooManyAtOnce"
	MethodNotAllowed   Reason = "MethodNotAllowed"
	PathUnknown        Reason = "PathUnknown"
	ConfigurationOlder Reason = "ConfigurationOlder"
	QueueFull          Reason = "QueueFull"
	QueueFailed        Reason = "QueueFailed"
	InternalError      Reason = "InternalError"
)

// answers are the status and the words for each reason. That an event is stored takes no words, as it is what 200 says, and no
// time to write them.
var answers = map[Reason]struct {
	status int
	text   string
}{
	Stored:             {http.StatusOK, ""},
	Duplicate:          {http.StatusOK, "stored before"},
	TakenOver:          {http.StatusOK, "taken over from another receiver"},
	TestEvent:          {http.StatusOK, "test event received"},
	EventNotWanted:     {http.StatusOK, "not stored: nobody wants this event"},
	TenantNotWanted:    {http.StatusOK, "not stored: nobody wants events of this tenant"},
	AssociateIgnored:   {http.StatusOK, "not stored: nobody wants what this associate does"},
	NoEvent:            {http.StatusOK, "kept, but the body holds no event"},
	SignatureMissing:   {http.StatusUnauthorized, "the request has no signature"},
	SignatureMalformed: {http.StatusUnauthorized, "the signature is malformed"},
	SignatureMismatch:  {http.StatusUnauthorized, "the signature does not match"},
	BodyTooLarge:       {http.StatusRequestEntityTooLarge, "the body is too large"},
	BodyCompressed:     {http.StatusUnsupportedMediaType, "the body must not be compressed: send it without Content-Encoding"},
	BodyIncomplete:     {http.StatusBadRequest, "the body is incomplete"},
	TooMuchAtOnce:      {http.StatusServiceUnavailable, "too many large bodies are on their way right now"},
	TooManyAtOnce:      {http.StatusServiceUnavailable, "too many requests of this webhook are on their way right now"},
	MethodNotAllowed:   {http.StatusMethodNotAllowed, "only POST is allowed"},
	PathUnknown:        {http.StatusNotFound, "no webhook is received on this path"},
	ConfigurationOlder: {http.StatusServiceUnavailable, "not taken over: this receiver has an older configuration, which lacks a sink or the event"},
	QueueFull:          {http.StatusServiceUnavailable, "the event cannot be stored right now"},
	QueueFailed:        {http.StatusServiceUnavailable, "the event cannot be stored right now"},
	InternalError:      {http.StatusInternalServerError, "internal error"},
}

// Reasons are all that there are, sorted.
func Reasons() []Reason { return slices.Sorted(maps.Keys(answers)) }

// Status is the HTTP status that goes with the reason.
func (r Reason) Status() int { return answers[r].status }

// Refused tells whether the request was not what it should be, as opposed to not being wanted or not storable.
func (r Reason) Refused() bool { return r.Status() >= 400 && r.Status() < 500 }

// Values of headers that are the same for all, and lines that are written. Nobody changes them.
var (
	plainText = []string{"text/plain; charset=utf-8"}
	noSniff   = []string{"nosniff"}
	lines     = func() map[Reason][]byte {
		lines := map[Reason][]byte{}
		for r, a := range answers {
			if a.text != "" {
				lines[r] = []byte(a.text + "\n")
			}
		}
		return lines
	}()
)

func (r Reason) write(w http.ResponseWriter) {
	if status := r.Status(); status != http.StatusOK {
		r.refuse(w.Header())
		w.WriteHeader(status)
	}
	if line := lines[r]; line != nil {
		_, _ = w.Write(line) // with 200, and as plain text, which the server sees for itself
	}
}

// refuse sets the headers of a refusal. Where an event is accepted there are none, since the server would copy them for each.
func (r Reason) refuse(header http.Header) {
	header["Content-Type"] = plainText
	header["X-Content-Type-Options"] = noSniff
	if r == MethodNotAllowed {
		header.Set("Allow", http.MethodPost)
	}
	if r == ConfigurationOlder {
		header.Set(handover.HeaderLater, "true")
	}
	if r == TooMuchAtOnce || r == TooManyAtOnce {
		header.Set("Retry-After", "1")
	}
	if r == BodyTooLarge || r == TooMuchAtOnce || r == TooManyAtOnce { // the rest is not read, so the connection is of no further use
		header.Set("Connection", "close")
	}
}
