// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// CheckSecret answers whether the values of the shared Secret that a question is about are those that intake goes by.
func (w *webhook) CheckSecret(q secretcheck.Question) secretcheck.Answer {
	inForce := map[string]superoffice.Secret{}
	for _, slot := range w.handler.Secrets() {
		inForce[slot.Name] = slot.Secret
	}
	return secretcheck.AnswerTo(q, inForce)
}
