// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"crypto/hmac"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// question is what is to be explained.
type question struct {
	body      []byte
	signature string
	slots     []resource.Slot
	// others are bodies that it may be the signature of, by their names.
	others []variant[[]byte]
}

// diagnosis is the answer; as JSON for scripts. Nothing in it depends on a secret but which form of it fits.
type diagnosis struct {
	Matches bool `json:"matches"`
	// Slot is that of the secret that made the signature, where one did.
	Slot string `json:"slot,omitempty"`
	// Causes are what explains the signature, each by itself; empty where nothing was found.
	Causes []string `json:"causes,omitempty"`
	// Tried is how many variants were.
	Tried     int          `json:"tried"`
	Signature string       `json:"signature"`
	Body      string       `json:"body"`
	Secrets   []toldSecret `json:"secrets"`
}

// toldSecret is what may be told of a secret.
type toldSecret struct {
	Slot  string   `json:"slot"`
	Bytes int      `json:"bytes"`
	Flaws []string `json:"flaws,omitempty"`
}

func (q *question) diagnose() *diagnosis {
	d := &diagnosis{Signature: form(q.signature), Body: describe(q.body)}
	var list []superoffice.Secret
	var names []string
	for _, slot := range q.slots {
		if !slot.Present {
			continue
		}
		told := toldSecret{Slot: slot.Name, Bytes: slot.Length()}
		for _, flaw := range slot.Flaws() {
			told.Flaws = append(told.Flaws, flaw.Text)
		}
		d.Secrets = append(d.Secrets, told)
		list, names = append(list, slot.Secret()), append(names, slot.Name)
	}
	if i, err := superoffice.Verify(list, q.body, q.signature); err == nil {
		d.Matches, d.Slot = true, names[i]
		return d
	}
	q.explain(d)
	return d
}

// explain tries variants that differ in one thing, then those that differ in two, and stops with the first that fit.
func (q *question) explain(d *diagnosis) {
	read := readings(q.signature)
	all := append(bodies(q.body), q.others...)
	for deviations := range 3 {
		for _, slot := range q.slots {
			if slot.Present {
				d.try(slot, all, read, deviations)
			}
		}
		if len(d.Causes) > 0 {
			return
		}
	}
	if strings.Contains(q.signature, fixtures.SignedSignature) {
		d.Causes = []string{"it is the signature that SuperOffice's documentation prints on many pages; it belongs to none of the bodies printed there"}
	}
}

// try compares all combinations of a secret's forms that differ in so many of algorithm, secret and body. Each MAC is made
// once and held against every reading of the signature.
func (d *diagnosis) try(slot resource.Slot, bodies, read []variant[[]byte], deviations int) {
	for _, secret := range secrets(slot.Reveal()) {
		for _, body := range bodies {
			for _, algorithm := range algorithms {
				if count(secret.says, body.says, algorithm.says) != deviations {
					continue
				}
				d.Tried++
				mac := algorithm.value(secret.value, body.value)
				i := slices.IndexFunc(read, func(r variant[[]byte]) bool { return hmac.Equal(r.value, mac) })
				if i < 0 {
					continue
				}
				cause := join(read[i].says, secret.says, body.says, algorithm.says)
				if slot.Name == "previous" {
					cause = join("the secret that it was made with is the one of the slot previous", cause)
				}
				if d.Slot = slot.Name; !slices.Contains(d.Causes, cause) {
					d.Causes = append(d.Causes, cause)
				}
			}
		}
	}
}

func count(says ...string) (n int) {
	for _, s := range says {
		if s != "" {
			n++
		}
	}
	return n
}

// describe says what a body looks like.
func describe(body []byte) string {
	parts := []string{fmt.Sprintf("%d bytes", len(body))}
	text := string(body)
	windows, all := strings.Count(text, "\r\n"), strings.Count(text, "\n")
	switch {
	case strings.HasPrefix(text, byteOrderMark):
		parts = append(parts, "with a byte order mark before it")
	case !utf8.Valid(body):
		parts = append(parts, "not UTF-8")
	}
	switch {
	case all == 0:
		parts = append(parts, "one line")
	case windows == all:
		parts = append(parts, "lines end with CRLF")
	case windows == 0:
		parts = append(parts, "lines end with LF (SuperOffice's own with CRLF)")
	default:
		parts = append(parts, "lines end with LF and CRLF mixed")
	}
	if strings.HasSuffix(text, "\n") {
		parts = append(parts, "with a line break at the end (SuperOffice's own have none)")
	}
	event, err := superoffice.Parse(body)
	if err != nil {
		return strings.Join(append(parts, "no event in it"), ", ")
	}
	return strings.Join(append(parts, "the event "+event.Name), ", ")
}
