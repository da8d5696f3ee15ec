// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

func TestRedactText(t *testing.T) {
	t.Parallel()
	const odd = `a"b\c<d>&é/ü %"`
	quoted, err := json.Marshal(odd)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text    string
		secrets []string
		want    string
	}{
		"no secrets":                    {"wrong token", nil, "wrong token"},
		"one that is not told":          {"wrong token", []string{"s3cr3t"}, "wrong token"},
		"one that is told twice":        {"s3cr3t is not s3cr3t.", []string{"s3cr3t"}, "[redacted] is not [redacted]."},
		"several":                       {"me:one-secret, other", []string{"other", "one-secret"}, "me:[redacted], [redacted]"},
		"one that holds another":        {"key s3cr3t-2.", []string{"s3cr3t", "s3cr3t-2"}, "key [redacted]."},
		"with space around it":          {"key s3cr3t.", []string{" s3cr3t\n"}, "key [redacted]."},
		"in JSON":                       {`{"token":` + string(quoted) + `}`, []string{odd}, `{"token":"[redacted]"}`},
		"in JSON that escapes little":   {`{"token":"a\"b\\c<d>&é/ü %\""}`, []string{odd}, `{"token":"[redacted]"}`},
		"in JSON that escapes a slash":  {`{"token":"a\/bcde"}`, []string{"a/bcde"}, `{"token":"[redacted]"}`},
		"in HTML":                       {"<p>" + html.EscapeString(odd) + "</p>", []string{odd}, "<p>[redacted]</p>"},
		"in a form":                     {"client_secret=" + url.QueryEscape(odd) + "&x", []string{odd}, "client_secret=[redacted]&x"},
		"in an error that quotes":       {fmt.Sprintf("malformed %q", odd+"\x01"), []string{odd + "\x01"}, `malformed "[redacted]"`},
		"cut at the end":                {"token s3cr", []string{"s3cr3t"}, "token [redacted]"},
		"cut right before its end":      {"token s3cr3", []string{"s3cr3t"}, "token [redacted]"},
		"cut in JSON":                   {`{"token":"a\"b\\`, []string{odd}, `{"token":"[redacted]`},
		"whose repetition is told once": {"token abcdabcd", []string{"abcdabcd"}, "token [redacted]"},
		"so little that it is chance":   {"token s3c", []string{"s3cr3t"}, "token s3c"},
		"nothing else than the start":   {"s3cr", []string{"s3cr3t"}, "[redacted]"},
		"too short to be one":           {"no such key", []string{"key", "s", ""}, "no such key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sink.RedactText(c.text, c.secrets...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	harmless := errors.New("no answer")
	for name, c := range map[string]struct{ outcome, want sink.Outcome }{
		"delivered":        {sink.Delivered{}, sink.Delivered{}},
		"dead":             {sink.Dead{Reason: "no s3cr3t", Answer: "s3cr3t?"}, sink.Dead{Reason: "no [redacted]", Answer: "[redacted]?"}},
		"retry":            {sink.Retry{After: 7, Cause: errors.New("no s3cr3t")}, sink.Retry{After: 7, Cause: errors.New("no [redacted]")}},
		"retry, unchanged": {sink.Retry{Cause: harmless}, sink.Retry{Cause: harmless}},
	} {
		got := sink.Redact(c.outcome, "s3cr3t")
		same := cmp.Comparer(func(a, b error) bool {
			return a.Error() == b.Error() && (strings.Contains(a.Error(), "[") || errors.Is(a, b))
		})
		if diff := cmp.Diff(c.want, got, same); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
