// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/superoffice-webhook/operator/receiver/secretcheck"
)

// SecretCheck is what a receiver answered about the shared Secret, or why it gave no answer.
type SecretCheck struct {
	Receiver
	InForce bool
	Err     error
}

// CheckSecret asks all receivers the same question at the same time and returns their answers in the same order.
func CheckSecret(ctx context.Context, receivers []Receiver, question secretcheck.Question) []SecretCheck {
	checks := make([]SecretCheck, len(receivers))
	body, err := json.Marshal(question)
	var asked sync.WaitGroup
	for i, r := range receivers {
		if checks[i].Receiver, checks[i].Err = r, err; err != nil {
			continue
		}
		asked.Go(func() {
			var answer secretcheck.Answer
			checks[i].Err = exchange(ctx, r, http.MethodPost, secretcheck.Path, bytes.NewReader(body), &answer)
			checks[i].InForce = checks[i].Err == nil && answer.InForce
		})
	}
	asked.Wait()
	return checks
}
