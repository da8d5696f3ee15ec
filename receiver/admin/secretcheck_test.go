// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestSecretCheck(t *testing.T) {
	t.Parallel()
	held := map[string]superoffice.Secret{"current": superoffice.NewSecret([]byte("a"))}
	other := map[string]superoffice.Secret{"current": superoffice.NewSecret([]byte("b"))}
	url := serve(t, &fake{secrets: held}, nil, prometheus.NewRegistry()) + secretcheck.Path
	for values, want := range map[*map[string]superoffice.Secret]bool{&held: true, &other: false} {
		question, err := json.Marshal(secretcheck.Ask(*values))
		if err != nil {
			t.Fatal(err)
		}
		got := read[secretcheck.Answer](t, send(t, http.MethodPost, url, string(question)), http.StatusOK)
		if got.InForce != want {
			t.Errorf("got %t, want %t", got.InForce, want)
		}
	}
	for name, body := range map[string]string{
		"nothing":          "",
		"what is no JSON":  "<html>",
		"another document": `{"nonce":{}}`,
		"a large question": `{"nonce":"` + strings.Repeat("n", secretcheck.MaxBytes) + `"}`,
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			refused(t, send(t, http.MethodPost, url, body), http.StatusBadRequest, "the body is no question of at most 1 KiB as JSON")
		})
	}
	if got := ask(t, http.MethodGet, url); got.status != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered %d", got.status)
	}
}
