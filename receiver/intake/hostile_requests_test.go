// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// hostileRequests is what can be odd about a request that HTTP has nothing against.
func hostileRequests() []chapter {
	return []chapter{
		{"Methods", methods()},
		{"Paths", paths()},
		{"Signatures", signatures()},
		{"The mark of a test event", marks()},
		{"`Content-Encoding`", codings()},
	}
}

// refused are requests that leave nothing behind but their count.
func refused(want intake.Reason, cases map[string]request) []hostile {
	var all []hostile
	for what, r := range cases {
		all = append(all, hostile{what: what, raw: r.bytes(), want: []intake.Reason{want}})
	}
	return all
}

// taken are requests that each store the one event which they bring.
func taken(cases map[string]request) []hostile {
	var all []hostile
	for what, r := range cases {
		all = append(all, hostile{what: what, raw: r.bytes(), want: []intake.Reason{intake.Stored}, stored: [][]byte{r.body}})
	}
	return all
}

func methods() []hostile {
	cases := map[string]request{
		"`post` in small letters":             post(created).by("post"),
		"an invented one":                     post(created).by("SUPEROFFICE"),
		"`PUT`, overridden by a header":       post(created).by("PUT").with("X-HTTP-Method-Override: POST"),
		"`GET` with a body over the limit":    post(large).by("GET"),
		"`PUT` with a compressed body":        post(created).by("PUT").with("Content-Encoding: gzip"),
		"`OPTIONS`, as browsers ask":          request{}.by("OPTIONS").with("Origin: https://example.com", "Access-Control-Request-Method: POST"),
		"`CONNECT` with the path":             request{}.by("CONNECT").to("/webhook"),
		"`PRI`, as HTTP/2 begins":             request{}.by("PRI"),
		"`TRACE`, which would be an echo":     request{}.by("TRACE").with("Cookie: a=b"),
		"`GET` with the mark of a test event": request{}.by("GET").with("X-Hook-Test: true"),
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		cases["`"+method+"`"] = request{}.by(method)
		cases["`"+method+"` with a signed body"] = post(created).by(method)
	}
	return append(refused(intake.MethodNotAllowed, cases),
		hostile{what: "none", raw: raw(" /webhook HTTP/1.1\r\n" + host + "\r\n"), byServer: 400},
		hostile{what: "one with a NUL", raw: raw("PO\x00ST /webhook HTTP/1.1\r\n" + host + "\r\n"), byServer: 400},
	)
}

func paths() []hostile {
	cases := map[string]request{
		"`OPTIONS *`":                      request{}.by("OPTIONS").to("*"),
		"`CONNECT` to a host":              request{}.by("CONNECT").to("crm.example.com:443"),
		"`GET` of a page":                  request{}.by("GET").to("/index.html"),
		"`HEAD` of the root":               request{}.by("HEAD").to("/"),
		"`PUT` to another":                 post(created).by("PUT").to("/other"),
		"a body over the limit to another": post(large).to("/other"),
		"a body cut off to another":        post(created).to("/other").cutBy(3),
		"another in absolute form":         post(created).to("http://crm.example.com/other"),
		"the right one only in headers":    post(created).to("/").with("X-Original-URL: /webhook", "X-Rewrite-URL: /webhook"),
		"a test event to another":          unsigned(sample("test")).to("/test").with("X-Hook-Test: true"),
	}
	for _, path := range []string{
		"/", "//", "/webhook/", "//webhook", "/webhook//", "/./webhook", "/webhook/.", "/a/../webhook", "/webhook/..", "/Webhook", "/webhoo",
		"/webhooks", "/webhook/current", "/webhook%2F", "/webhook%2e", "/%2e/webhook", "/webhook%00", "/webhook%20", "/webhook;a=b", "/%2Fwebhook",
		"/%2577ebhook", "/webhook%3Fa", "/status", "/metrics", "/healthz", "/\xff",
	} {
		cases["`"+strings.ToValidUTF8(path, `\xff`)+"`"] = post(created).to(path)
	}
	all := append(refused(intake.PathUnknown, cases), taken(map[string]request{
		"`/webhook?`":                         post(created).to("/webhook?"),
		"with a query that looks like a mark": post(created).to("/webhook?X-Hook-Test=true"),
		"with a query that is none":           post(created).to("/webhook?%zz;&&=\xff"),
		"`/%77ebhook`, the same path escaped": post(created).to("/%77ebhook"),
		"in absolute form":                    post(created).to("http://crm.example.com/webhook"),
		"in absolute form, of another host":   post(created).to("https://elsewhere.example.com:99/webhook"),
	})...)
	for _, target := range []string{"webhook", "/webhook%", "/webhook%zz", "/web hook", "http://[::1/webhook", "/webhook\x00", "/webhook\x7f"} {
		all = append(all, hostile{what: code(strings.ReplaceAll(target, "\x7f", `\x7f`)), raw: post(created).to(target).bytes(), byServer: 400})
	}
	return all
}

func signatures() []hostile {
	right := superoffice.Sign(current, created)
	line := func(text string) request { return unsigned(created).with("X-SuperOffice-Signature:" + text) }
	all := refused(intake.SignatureMissing, map[string]request{
		"none":                                   unsigned(created),
		"an empty one":                           line(""),
		"only white space":                       line(" \t "),
		"in another header":                      unsigned(created).with("X-Hub-Signature-256: " + right),
		"in the query":                           unsigned(created).to("/webhook?X-SuperOffice-Signature=" + right),
		"none, with a body that is no event":     unsigned([]byte("rubbish")),
		"none, with an empty body":               unsigned(nil),
		"none, with a body that mentions a test": unsigned([]byte(`{"Event": "activity.created", "event": "test"}`)),
		"none, with a list of test events":       unsigned([]byte(`[{"Event": "test"}]`)),
	})
	all = append(all, refused(intake.SignatureMalformed, map[string]request{
		"not in base64":                   line("not a signature"),
		"with a prefix `sha256=`":         line("sha256=" + right),
		"in quotes":                       line(`"` + right + `"`),
		"without padding":                 line(strings.TrimRight(right, "=")),
		"with too much padding":           line(right + "="),
		"base64url":                       line("-_" + right[2:]),
		"in hexadecimal":                  line(strings.Repeat("5f", 32)),
		"in base64 of hexadecimal":        line(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("5f", 32)))),
		"of 31 bytes":                     line(base64.StdEncoding.EncodeToString(make([]byte, 31))),
		"of 64 bytes":                     line(base64.StdEncoding.EncodeToString(make([]byte, 64))),
		"of 4 KiB":                        line(strings.Repeat("A", 4<<10)),
		"not of ASCII":                    line("\xff" + right[1:]),
		"with a space within":             line(right[:9] + " " + right[9:]),
		"folded into two lines":           line(right[:9] + "\r\n " + right[9:]),
		"twice in one header":             line(right + ", " + right),
		"twice, both right":               line(right).with("X-SuperOffice-Signature: " + right),
		"twice, the first is wrong":       line(superoffice.Sign(stranger, created)).with("X-SuperOffice-Signature: " + right),
		"twice, the first is empty":       line("").with("x-superoffice-signature: " + right),
		"twice, the second is empty":      line(right).with("X-SUPEROFFICE-SIGNATURE:"),
		"in two headers, half in each":    line(right[:22]).with("X-SuperOffice-Signature: " + right[22:]),
		"with bits where there are none":  line(spareBits(right)),
		"marked as a test, and malformed": line("x").with("X-Hook-Test: true"),
	})...)
	wrong := func(body []byte) request { return unsigned(body).with("X-SuperOffice-Signature: " + right) }
	all = append(all, refused(intake.SignatureMismatch, map[string]request{
		"by another secret":                       unsigned(created).signed(stranger),
		"by an empty secret":                      unsigned(created).signed(superoffice.Secret{}),
		"of another body":                         line(superoffice.Sign(current, changed)),
		"of the body without its line end":        wrong(append(created[:len(created):len(created)], '\n')),
		"of the body with its first byte":         wrong(created[1:]),
		"of the body with its white space":        wrong([]byte(strings.ReplaceAll(string(created), " ", ""))),
		"of SuperOffice's documentation":          line(fixtures.SignedSignature),
		"of zeroes":                               line(base64.StdEncoding.EncodeToString(make([]byte, 32))),
		"wrong, with a body that is no event":     unsigned([]byte("rubbish")).signed(stranger),
		"wrong, with an event that is not wanted": unsigned(sample("contact.created")).signed(stranger),
		"in other letters":                        line(strings.ToLower(right)),
		"wrong, and marked as a test":             unsigned(created).signed(stranger).with("X-Hook-Test: true"),
	})...)
	all = append(all, taken(map[string]request{
		"in a header of small letters":         unsigned(created).with("x-superoffice-signature: " + right),
		"in a header of capitals":              unsigned(created).with("X-SUPEROFFICE-SIGNATURE: " + right),
		"with white space around":              line(" \t " + right + " \t "),
		"without a space in front":             line(right),
		"folded, all of it in the second line": line("\r\n " + right),
	})...)
	return append(all, hostile{what: "with a NUL", raw: line(right + "\x00").bytes(), byServer: 400})
}

// spareBits sets bits at the end of a signature that no byte of it has: a second way to write the same.
func spareBits(signature string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := strings.IndexByte(alphabet, signature[42])
	return signature[:42] + string(alphabet[last|1]) + "="
}

func marks() []hostile {
	test := sample("test")
	return append(refused(intake.TestEvent, map[string]request{
		"`X-Hook-Test: true`, unsigned":         unsigned(created).with("X-Hook-Test: true"),
		"`x-hook-test: true`, unsigned rubbish": unsigned([]byte("rubbish")).with("x-hook-test: true"),
		"Event `test`, unsigned":                unsigned(test),
		"`X-Hook-Test: true` twice":             unsigned(created).with("X-Hook-Test: true", "X-Hook-Test: true"),
		"`X-Hook-Test: true` and then `false`":  unsigned(created).with("X-Hook-Test: true", "X-Hook-Test: false"),
		"`X-Hook-Test: true`, signature empty":  unsigned(created).with("X-Hook-Test: true", "X-SuperOffice-Signature:"),
	}), append(refused(intake.SignatureMissing, map[string]request{
		"`X-Hook-Test: TRUE`, unsigned":                  unsigned(created).with("X-Hook-Test: TRUE"),
		"`X-Hook-Test: 1`, unsigned":                     unsigned(created).with("X-Hook-Test: 1"),
		"`X-Hook-Test: true, true`, unsigned":            unsigned(created).with("X-Hook-Test: true, true"),
		"`X-Hook-Test: false` and then `true`, unsigned": unsigned(created).with("X-Hook-Test: false", "X-Hook-Test: true"),
		"Event `test` in more than 64 KiB, unsigned":     unsigned(append(test, bytes.Repeat([]byte(" "), 64<<10)...)),
		"`X-SuperOffice-Event: test`, unsigned":          unsigned(created).with("X-SuperOffice-Event: test"),
	}), taken(map[string]request{
		"`X-Hook-Test: false`, signed":                 post(created).with("X-Hook-Test: false"),
		"`X-Hook-Test: false` and then `true`, signed": post(created).with("X-Hook-Test: false", "X-Hook-Test: true"),
		"`X-SuperOffice-Event: test`, signed":          post(created).with("X-SuperOffice-Event: test"),
	})...)...)
}

func codings() []hostile {
	return append(refused(intake.BodyCompressed, map[string]request{
		"`gzip`":                         post(created).with("Content-Encoding: gzip"),
		"`br`":                           post(created).with("Content-Encoding: br"),
		"an invented one":                post(created).with("Content-Encoding: superoffice"),
		"`identity, gzip`":               post(created).with("Content-Encoding: identity, gzip"),
		"`gzip` without a signature":     unsigned(created).with("Content-Encoding: gzip"),
		"`gzip` with the mark of a test": unsigned(created).with("Content-Encoding: gzip", "X-Hook-Test: true"),
		"`identity` and then `gzip`":     post(created).with("Content-Encoding: identity", "Content-Encoding: gzip"),
		"none and then `gzip`":           post(created).with("Content-Encoding:", "Content-Encoding: gzip"),
		"`gzip`, in chunks":              post(created).with("Content-Encoding: gzip").inChunks(),
	}), append(refused(intake.BodyTooLarge, map[string]request{
		"`gzip` of a body over the limit": post(large).with("Content-Encoding: gzip"),
	}), taken(map[string]request{
		"`identity`":   post(created).with("Content-Encoding: identity"),
		"`Identity`":   post(created).with("Content-Encoding: Identity"),
		"an empty one": post(created).with("Content-Encoding:"),
	})...)...)
}
