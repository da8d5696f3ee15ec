// SPDX-License-Identifier: Apache-2.0

package secretcheck_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/handover"
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

type values = map[string]superoffice.Secret

var (
	old   = superoffice.NewSecret([]byte("the secret of last year"))
	newer = superoffice.NewSecret([]byte("the secret of this year"))
	empty = superoffice.NewSecret(nil)
)

func TestAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asked, held values
		want        bool
	}{
		"the same value":                       {values{"current": newer}, values{"current": newer}, true},
		"the same two":                         {values{"current": newer, "previous": old}, values{"current": newer, "previous": old}, true},
		"the former value":                     {values{"current": newer}, values{"current": old}, false},
		"a rotation that has not arrived":      {values{"current": newer, "previous": old}, values{"current": old}, false},
		"an end of it that has not arrived":    {values{"current": newer}, values{"current": newer, "previous": old}, false},
		"the two the other way round":          {values{"current": newer, "previous": old}, values{"current": old, "previous": newer}, false},
		"another previous one":                 {values{"current": newer, "previous": old}, values{"current": newer, "previous": newer}, false},
		"a slot that the receiver has not got": {values{"current": newer, "next": old}, values{"current": newer, "previous": old}, false},
		"an empty value":                       {values{"current": empty}, values{"current": empty}, false},
		"nothing":                              {values{}, values{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := secretcheck.AnswerTo(secretcheck.Ask(c.asked), c.held).InForce; got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

// TestAStrangerLearnsNothing asks what somebody could ask who does not have the secret.
func TestAStrangerLearnsNothing(t *testing.T) {
	t.Parallel()
	held := values{"current": newer}
	overheard := secretcheck.Ask(held)
	body := []byte(`{"Event":"activity.created"}`)
	for name, q := range map[string]secretcheck.Question{
		"nothing":                       {},
		"no proof":                      {Nonce: "n", Proofs: proofs("")},
		"what is no proof":              {Nonce: "n", Proofs: proofs("%%%")},
		"an event's own signature":      {Nonce: string(body), Proofs: proofs(superoffice.Sign(newer, body))},
		"a proof over another nonce":    {Nonce: "n", Proofs: overheard.Proofs},
		"the empty key's proof":         {Nonce: "n", Proofs: proofs(superoffice.Sign(empty, []byte("n")))},
		"a proof under another's name":  {Nonce: overheard.Nonce, Proofs: map[string]string{"previous": overheard.Proofs["current"]}},
		"a proof beside one that is no": {Nonce: overheard.Nonce, Proofs: map[string]string{"current": overheard.Proofs["current"], "x": "y"}},
	} {
		if secretcheck.AnswerTo(q, held).InForce {
			t.Errorf("who asks with %s is told yes", name)
		}
	}
}

// TestAProofIsOfNoOtherUse takes a proof to where signatures are taken.
func TestAProofIsOfNoOtherUse(t *testing.T) {
	t.Parallel()
	q := secretcheck.Ask(values{"current": newer})
	proof, secrets := q.Proofs["current"], []superoffice.Secret{newer}
	if _, err := superoffice.Verify(secrets, []byte(q.Nonce), proof); err == nil {
		t.Error("intake would take the nonce for a signed event")
	}
	header := map[string][]string{handover.HeaderNote: {q.Nonce}, handover.HeaderSignature: {proof}}
	if l, _ := handover.Open(secrets, header, nil); l != nil {
		t.Error("intake would take it for a hand-over")
	}
}

func TestQuestionsAreSmallAndTellNoSecret(t *testing.T) {
	t.Parallel()
	long := superoffice.NewSecret([]byte(strings.Repeat("s", 1600)))
	text, err := json.Marshal(secretcheck.Ask(values{"current": long, "previous": old}))
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > secretcheck.MaxBytes {
		t.Errorf("a question has %d bytes", len(text))
	}
	if strings.Contains(string(text), "ssss") || strings.Contains(string(text), "last year") {
		t.Errorf("it tells a secret: %s", text)
	}
	if a, b := secretcheck.Ask(values{"current": old}), secretcheck.Ask(values{"current": old}); a.Nonce == b.Nonce {
		t.Error("two questions have the same nonce")
	}
}

func proofs(proof string) map[string]string { return map[string]string{"current": proof} }
