// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestIntakeStoresBodiesUpToTheLimit(t *testing.T) {
	t.Parallel()
	full, less := padded(limit), padded(limit-1)
	one := func(r request) visit {
		return visit{send: []request{r}, want: []intake.Reason{intake.Stored}, stored: [][]byte{r.body}, verified: byCurrent(1)}
	}
	megabyte := one(post(padded(config.DefaultMaxBodyBytes)))
	megabyte.rules = func(r *intake.Rules) { r.MaxBodyBytes = config.DefaultMaxBodyBytes }
	visits(t, map[string]visit{
		"one byte below":            one(post(less)),
		"exactly":                   one(post(full)),
		"exactly, in chunks":        one(post(full).inChunks()),
		"of the default":            megabyte,
		"with the coding identity":  one(post(created).with("Content-Encoding: identity")),
		"with an empty coding":      one(post(created).with("Content-Encoding:")),
		"without a type of content": one(post(created)),
		"with a strange type":       one(post(created).with("Content-Type: application/x-www-form-urlencoded")),
	})
}

func TestIntakeKnowsItsPathInEachForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, target string }{
		{"/webhook", "/webhook?"},
		{"/webhook", "/webhook?a=b&X-Hook-Test=true"},
		{"/webhook", "/%77ebhook"},
		{"/webhook", "http://crm.example.com/webhook"},
		{"/webhook/", "/webhook/"},
		{"/", "/"},
		{"/", "/?a=b"},
	} {
		visits(t, map[string]visit{c.path + " as " + strings.ReplaceAll(c.target, "/", "|"): {
			rules: func(r *intake.Rules) { r.Path = c.path },
			send:  []request{post(created).to(c.target)}, want: []intake.Reason{intake.Stored},
			stored: [][]byte{created}, verified: byCurrent(1),
		}})
	}
}

func TestIntakeTakesNoSignatureOfAnEmptySecret(t *testing.T) {
	t.Parallel()
	visits(t, map[string]visit{"though one is configured": {
		rules: func(r *intake.Rules) { r.Secrets = append(r.Secrets, config.Slot{Name: "empty"}) },
		send:  []request{unsigned(created).signed(superoffice.Secret{})}, want: []intake.Reason{intake.SignatureMismatch},
	}})
}
