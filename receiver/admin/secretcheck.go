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
	return func(w http.ResponseWriter, req *http.Request) {
		var question secretcheck.Question
		if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, secretcheck.MaxBytes)).Decode(&question); err != nil {
			refuse(w, errors.New("the body is no question of at most 1 KiB as JSON"))
			return
		}
		writeJSON(w, http.StatusOK, r.CheckSecret(question))
	}
}
