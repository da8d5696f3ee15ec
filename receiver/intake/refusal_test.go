// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// refused are requests that leave nothing behind but their count.
func refused(t *testing.T, want intake.Reason, cases map[string]request) {
	t.Helper()
	all := map[string]visit{}
	for name, r := range cases {
		all[name] = visit{send: []request{r}, want: []intake.Reason{want}}
	}
	visits(t, all)
}

func TestIntakeRefusesSignatures(t *testing.T) {
	t.Parallel()
	right := superoffice.Sign(current, created)
	signature := func(text string) request { return unsigned(created).with("X-SuperOffice-Signature: " + text) }
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		refused(t, intake.SignatureMissing, map[string]request{
			"no header":                       unsigned(created),
			"an empty header":                 signature(""),
			"in another header":               unsigned(created).with("X-Hub-Signature-256: " + right),
			"in the query":                    unsigned(created).to("/webhook?X-SuperOffice-Signature=" + right),
			"of a body that is no event":      unsigned([]byte("rubbish")),
			"of an empty body":                unsigned(nil),
			"of a body that mentions a test":  unsigned([]byte(`{"Event": "activity.created", "event": "test"}`)),
			"of a body that looks like tests": unsigned([]byte(`[{"Event": "test"}]`)),
		})
	})
	t.Run("malformed", func(t *testing.T) {
		t.Parallel()
		refused(t, intake.SignatureMalformed, map[string]request{
			"no base64":                          signature("not a signature"),
			"with a prefix":                      signature("sha256=" + right),
			"without padding":                    signature(strings.TrimRight(right, "=")),
			"in the URL alphabet":                signature("-_" + right[2:]),
			"in hexadecimal":                     signature(strings.Repeat("5f", 32)),
			"too short":                          signature(base64.StdEncoding.EncodeToString(make([]byte, 31))),
			"too long":                           signature(base64.StdEncoding.EncodeToString(make([]byte, 64))),
			"two in one header":                  signature(right + ", " + right),
			"two headers, both right":            signature(right).with("X-SuperOffice-Signature: " + right),
			"two headers, the second is right":   signature("").with("x-superoffice-signature: " + right),
			"two headers, the second is empty":   signature(right).with("X-SUPEROFFICE-SIGNATURE:"),
			"two headers, halves of a right one": signature(right[:22]).with("X-SuperOffice-Signature: " + right[22:]),
		})
	})
	t.Run("wrong", func(t *testing.T) {
		t.Parallel()
		compact := bytes.ReplaceAll(created, []byte(" "), nil)
		refused(t, intake.SignatureMismatch, map[string]request{
			"by another secret":             unsigned(created).signed(stranger),
			"by an empty secret":            unsigned(created).signed(superoffice.Secret{}),
			"of another body":               signature(superoffice.Sign(current, changed)),
			"of the body with a line end":   {body: append(bytes.Clone(created), '\n'), header: signature(right).header},
			"of the body without its first": {body: created[1:], header: signature(right).header},
			"of the body without white space": {
				body: compact, header: signature(right).header,
			},
			"of the documentation, which belongs to another body": signature(fixtures.SignedSignature),
			"of zeroes":                      signature(base64.StdEncoding.EncodeToString(make([]byte, 32))),
			"with a body that is no event":   unsigned([]byte("rubbish")).signed(stranger),
			"with a body that is not wanted": unsigned(sample("contact.created")).signed(stranger),
		})
	})
	t.Run("of an empty secret, though one is configured", func(t *testing.T) {
		t.Parallel()
		visits(t, map[string]visit{"": {
			rules: func(r *intake.Rules) { r.Secrets = append(r.Secrets, config.Slot{Name: "empty"}) },
			send:  []request{unsigned(created).signed(superoffice.Secret{})}, want: []intake.Reason{intake.SignatureMismatch},
		}})
	})
}

func TestIntakeRefusesBodies(t *testing.T) {
	t.Parallel()
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		refused(t, intake.BodyTooLarge, map[string]request{
			"by one byte, announced":        post(padded(limit + 1)),
			"by one byte, in chunks":        post(padded(limit + 1)).inChunks(),
			"announced and never sent":      post(padded(2 * limit)).cutBy(2 * limit),
			"in chunks that never end":      post(padded(2 * limit)).inChunks().cutBy(5),
			"though it is compressed":       post(padded(limit + 1)).with("Content-Encoding: gzip"),
			"though nobody signed it":       unsigned(padded(limit + 1)),
			"though it is marked as a test": unsigned(padded(limit + 1)).with("X-Hook-Test: true"),
		})
	})
	t.Run("compressed", func(t *testing.T) {
		t.Parallel()
		refused(t, intake.BodyCompressed, map[string]request{
			"by gzip, as it says": post(created).with("Content-Encoding: gzip"),
			"by something else":   post(created).with("Content-Encoding: br"),
			"twice":               post(created).with("Content-Encoding: identity, gzip"),
			"without a signature": unsigned(created).with("Content-Encoding: deflate"),
		})
	})
	t.Run("cut off", func(t *testing.T) {
		t.Parallel()
		refused(t, intake.BodyIncomplete, map[string]request{
			"before the last byte":            post(created).cutBy(1),
			"before the first":                post(created).cutBy(len(created)),
			"within a chunk":                  post(created).inChunks().cutBy(20),
			"before the last chunk":           post(created).inChunks().cutBy(5),
			"before the end of the last":      post(created).inChunks().cutBy(2),
			"though marked as a test":         unsigned(created).with("X-Hook-Test: true").cutBy(1),
			"by a chunk without a length":     {header: []string{"Transfer-Encoding: chunked"}, body: []byte("zz\r\n")},
			"by chunks instead of the length": post(created).with("Transfer-Encoding: chunked"),
		})
	})
}

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

func TestIntakeRefusesOtherMethods(t *testing.T) {
	t.Parallel()
	cases := map[string]request{
		"post in small letters":         post(created).by("post"),
		"PUT, overridden by a header":   post(created).by("PUT").with("X-HTTP-Method-Override: POST"),
		"GET of a body that is too big": post(padded(limit + 1)).by(http.MethodGet),
		"an invented one":               post(created).by("SUPEROFFICE"),
		"PUT with a coding":             post(created).by("PUT").with("Content-Encoding: gzip"),
		"OPTIONS, as browsers ask":      request{}.by("OPTIONS").with("Origin: https://example.com", "Access-Control-Request-Method: POST"),
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
		cases[method] = request{}.by(method)
		cases[method+" with a signed body"] = post(created).by(method)
	}
	refused(t, intake.MethodNotAllowed, cases)
}

func TestIntakeRefusesOtherPaths(t *testing.T) {
	t.Parallel()
	cases := map[string]request{
		"OPTIONS for the server":      request{}.by("OPTIONS").to("*"),
		"CONNECT":                     request{}.by("CONNECT").to("crm.example.com:443"),
		"GET of a page":               request{}.by("GET").to("/index.html"),
		"HEAD of the root":            request{}.by("HEAD").to("/"),
		"PUT elsewhere":               post(created).by("PUT").to("/other"),
		"a large body elsewhere":      post(padded(limit + 1)).to("/other"),
		"a body cut off elsewhere":    post(created).to("/other").cutBy(3),
		"a path in absolute form":     post(created).to("http://crm.example.com/other"),
		"a path only in headers":      post(created).to("/").with("X-Original-URL: /webhook", "X-Rewrite-URL: /webhook"),
		"a test event to another one": unsigned(sample("test")).to("/test").with("X-Hook-Test: true"),
	}
	for _, path := range []string{
		"/", "//", "/webhook/", "//webhook", "/webhook//", "/./webhook", "/webhook/.", "/a/../webhook", "/webhook/..", "/Webhook", "/webhoo",
		"/webhooks", "/webhook/current", "/webhook%2F", "/webhook%00", "/webhook%20", "/webhook;a=b", "/%2Fwebhook", "/status", "/metrics", "/healthz",
	} {
		cases["POST "+path] = post(created).to(path)
	}
	refused(t, intake.PathUnknown, cases)
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
