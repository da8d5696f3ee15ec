// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// redacted stands where a secret was.
	redacted = "[redacted]"
	// shortestSecret is how many bytes of a secret are looked for at least. Shorter ones are in any text by chance, and to
	// take them out would tell them rather than hide them.
	shortestSecret = 4
)

// Redact takes secrets out of an outcome. Destinations may repeat what they were sent, and proxies before them, too.
func Redact(o Outcome, secrets ...string) Outcome {
	switch o := o.(type) {
	case Retry:
		o.Cause = RedactError(o.Cause, secrets...)
		return o
	case Dead:
		o.Reason, o.Answer = RedactText(o.Reason, secrets...), RedactText(o.Answer, secrets...)
		return o
	}
	return o
}

// RedactError is RedactText for an error. One that tells no secret stays the same.
func RedactError(err error, secrets ...string) error {
	told := err.Error()
	if text := RedactText(told, secrets...); text != told {
		return errors.New(text)
	}
	return err
}

// RedactText puts "[redacted]" in the place of secrets, as they are and as they are written in JSON, HTML and URLs. A text
// may have been cut in the midst of a secret, so the beginning of one at its end goes, too. Secrets of less than 4 bytes stay.
func RedactText(text string, secrets ...string) string {
	written := spellings(secrets)
	var pairs []string
	for _, one := range written {
		pairs = append(pairs, one, redacted)
	}
	text = strings.NewReplacer(pairs...).Replace(text)
	cut := 0
	for _, one := range written {
		cut = max(cut, overlap(text, one))
	}
	if cut > 0 {
		return text[:len(text)-cut] + redacted
	}
	return text
}

// spellings are the ways in which secrets may be written, longest first: one may hold another.
func spellings(secrets []string) []string {
	var all []string
	for _, secret := range secrets {
		secret = strings.TrimSpace(secret)
		if len(secret) < shortestSecret {
			continue
		}
		quoted := unquoted(strconv.Quote(secret))
		all = append(all, secret, quoted, strings.ReplaceAll(quoted, "/", `\/`), html.EscapeString(secret), url.QueryEscape(secret))
		if escaped, err := json.Marshal(secret); err == nil { // which escapes what HTML would take for its own, too
			all = append(all, unquoted(string(escaped)))
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	return slices.Compact(all)
}

func unquoted(text string) string { return text[1 : len(text)-1] }

// overlap is how much of a text's end is the beginning of a secret; 0 for so little that it may be so by chance.
func overlap(text, secret string) int {
	for n := min(len(text), len(secret)-1); n >= shortestSecret; n-- {
		if strings.HasSuffix(text, secret[:n]) {
			return n
		}
	}
	return 0
}
