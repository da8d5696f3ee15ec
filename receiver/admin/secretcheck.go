// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/superoffice-webhook/operator/receiver/secretcheck"
)

// checkSecret answers the operator. Nothing of a question is repeated or logged.
func checkSecret(w Served) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		var question secretcheck.Question
		if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, secretcheck.MaxBytes)).Decode(&question); err != nil {
			refuse(rw, errors.New("the body is no question of at most 1 KiB as JSON"))
			return
		}
		writeJSON(rw, http.StatusOK, w.CheckSecret(question))
	}
}
