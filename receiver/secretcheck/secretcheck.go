// SPDX-License-Identifier: Apache-2.0

// Package secretcheck is a question that the operator asks a receiver, and its answer: do you go by these values of the
// shared Secret? It is the contract between the two, beside receiver/status.
//
// In goes what the Secret holds, out comes a proof of each value over a nonce, which only who has the same value can
// confirm. A proof is made with a key that is derived from the value, so it is no signature that intake would take, and
// nobody can have one made or tried here. The answer is yes or no: who asks without the values learns nothing, and who
// guesses learns as much as from intake's 401.
package secretcheck

import (
	"crypto/rand"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// Path at a receiver's admin port. Questions are posted there as JSON.
const Path = "/secret-check"

// MaxBytes of a question, and of an answer, as JSON.
const MaxBytes = 1 << 10

// purpose keeps proofs apart from SuperOffice's signatures, and from all else that is signed with the shared secret.
const purpose = "superoffice-webhook-operator: secret check v1"

// Question asks whether a receiver goes by exactly the values that the proofs were made with.
type Question struct {
	// Nonce is what the proofs are over.
	Nonce string `json:"nonce"`
	// Proofs by the slots of the values: current, and previous where there is one.
	Proofs map[string]string `json:"proofs"`
}

// Answer is what a receiver says.
type Answer struct {
	// InForce tells that each slot of the receiver has the value that the question is about, and that it has no other slot.
	InForce bool `json:"inForce"`
}

// Ask makes a question, with a new nonce, about the values by their slots.
func Ask(values map[string]superoffice.Secret) Question {
	q := Question{Nonce: rand.Text(), Proofs: map[string]string{}}
	for slot, value := range values {
		q.Proofs[slot] = prove(value, q.Nonce)
	}
	return q
}

// AnswerTo tells whether the values in force, by their slots, are those of a question. Each value is tried, and compared in
// constant time, so that the time taken does not tell which one was wrong.
func AnswerTo(q Question, values map[string]superoffice.Secret) Answer {
	same := len(q.Proofs) == len(values)
	for slot, value := range values {
		_, err := superoffice.Verify([]superoffice.Secret{value.Derive(purpose)}, []byte(q.Nonce), q.Proofs[slot])
		same = same && err == nil && value.Len() > 0
	}
	return Answer{InForce: same && len(values) > 0}
}

func prove(value superoffice.Secret, nonce string) string {
	return superoffice.Sign(value.Derive(purpose), []byte(nonce))
}
