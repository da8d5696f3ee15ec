// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// The headers of a request that hands something over, in their canonical form.
const (
	// HeaderNote holds the note: base64 of JSON.
	HeaderNote = "X-Superoffice-Webhook-Handover"
	// HeaderSignature holds the note's signature.
	HeaderSignature = "X-Superoffice-Webhook-Handover-Signature"
	// HeaderLater is set in the answer of a receiver that has an older configuration, and may take the same once it has the
	// sender's.
	HeaderLater = "X-Superoffice-Webhook-Handover-Later"
)

// purpose keeps this signature and SuperOffice's apart: no signature that SuperOffice makes is one of a note.
const purpose = "superoffice-webhook-operator: hand-over v1"

// maxText is how much of a dead letter's reason and answer is passed on, in bytes, so that a note fits into a header beside
// SuperOffice's own, however much of it JSON has to escape.
const maxText = 512

// note is what a receiver has to know of an event beyond the request.
type note struct {
	Received time.Time  `json:"received"`
	Since    *time.Time `json:"since,omitempty"`
	// Sinks that have not got the event. A former version named none where nobody had it.
	Sinks     []string `json:"sinks,omitempty"`
	Everybody bool     `json:"everybody,omitempty"`
	// Generation is that of the sender's configuration. A former version did not tell it.
	Generation int64  `json:"generation,omitempty"`
	Trace      string `json:"trace,omitempty"`
	Dead       *dead  `json:"dead,omitempty"`
}

type dead struct {
	Sink     string    `json:"sink,omitempty"`
	Reason   string    `json:"reason"`
	Answer   string    `json:"answer,omitempty"`
	Attempts int       `json:"attempts"`
	Died     time.Time `json:"died"`
}

// seal adds the note about what is left to the headers of its request.
func seal(header http.Header, secret superoffice.Secret, generation int64, l *queue.Left) error {
	n := note{Received: l.Received, Sinks: l.Sinks, Everybody: l.Everybody, Generation: generation, Trace: l.Trace}
	if !l.Since.IsZero() {
		n.Since = &l.Since
	}
	if d := l.Dead; d != nil {
		n.Dead = &dead{Sink: d.Sink, Reason: queue.Shorten(d.Reason, maxText), Answer: queue.Shorten(d.Answer, maxText), Attempts: d.Attempts, Died: d.Died}
	}
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write the note about an event: %w", err)
	}
	encoded := base64.StdEncoding.EncodeToString(text)
	header.Set(HeaderNote, encoded)
	header.Set(HeaderSignature, superoffice.Sign(secret.Derive(purpose), signed(encoded, l.Body)))
	return nil
}

// Open returns what a request hands over, with the generation of the sender's configuration, 0 where it has none. Nil is an
// ordinary request: it has no note, or one whose signature none of the secrets made. What is returned shares body and the
// values of header.
func Open(secrets []superoffice.Secret, header http.Header, body []byte) (l *queue.Left, generation int64) {
	encoded := header.Get(HeaderNote)
	if encoded == "" { // nearly always
		return nil, 0
	}
	keys := make([]superoffice.Secret, 0, len(secrets))
	for _, s := range secrets {
		if s.Len() > 0 { // from an empty secret everybody could derive a key
			keys = append(keys, s.Derive(purpose))
		}
	}
	if _, err := superoffice.Verify(keys, signed(encoded, body), header.Get(HeaderSignature)); err != nil {
		return nil, 0
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, 0
	}
	var n note
	if err := json.Unmarshal(text, &n); err != nil {
		return nil, 0
	}
	return n.left(header, body), n.Generation
}

func (n note) left(header http.Header, body []byte) *queue.Left {
	header = header.Clone()
	header.Del(HeaderNote)
	header.Del(HeaderSignature)
	l := &queue.Left{
		Message: queue.Message{Body: body, Header: header, Received: n.Received, Trace: n.Trace},
		Sinks:   n.Sinks, Everybody: n.Everybody || n.Dead == nil && len(n.Sinks) == 0,
	}
	if n.Since != nil {
		l.Since = *n.Since
	}
	if d := n.Dead; d != nil {
		l.Dead = &queue.DeadLetter{
			Sink: d.Sink, Reason: d.Reason, Answer: d.Answer, Attempts: d.Attempts, Died: d.Died, Message: l.Message,
		}
	}
	return l
}

// signed is what the signature covers. The note is base64, so that the line end separates it from any body.
func signed(encoded string, body []byte) []byte {
	return slices.Concat([]byte(encoded), []byte("\n"), body)
}
