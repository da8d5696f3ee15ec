// SPDX-License-Identifier: Apache-2.0

package superoffice_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// TestParseTakesTheJSONThatEncodingJSONTakes holds every kind of value, right and wrong, against encoding/json.
func TestParseTakesTheJSONThatEncodingJSONTakes(t *testing.T) {
	t.Parallel()
	values := []string{
		``, ` `, `null`, `true`, `false`, `nul`, `nulll`, `True`, `TRUE`, `t`, `undefined`, `NaN`, `Infinity`,
		`0`, `-0`, `-`, `+1`, `1`, `01`, `-01`, `00`, `1.`, `.1`, `1.0`, `1.00`, `-1.5`, `1..0`, `1e`, `1e5`, `1E5`, `1e+5`, `1e-5`, `1e+`, `1e5.0`,
		`0e0`, `0.0e-00`, `1a`, `0x10`, `1 2`, `1,`, `--1`, `1e400`,
		`""`, `"`, `"a`, `a"`, `'a'`, `"\""`, `"\\"`, `"\"`, `"\b\f\n\r\t\/"`, `"\a"`, `"\u0041"`, `"\u004"`, `"\u00zz"`, `"\u00Ff"`, `"\uD800"`,
		`"\`, `"\u`, `"\u123`, "\"\n\"", "\"\x00\"", "\"\x1f\"", "\"\x7f\"", `"æøå €"`, "\"\u2028\"",
		`[]`, `[ ]`, `[1]`, `[1,]`, `[,1]`, `[1,,2]`, `[1 2]`, `[1`, `[`, `]`, `[]]`, `[[]]`, `[{}]`, `[1}`,
		`{}`, `{ }`, `{"a":1}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{1:1}`, `{a:1}`, `{"a" : 1 , "b" : [ ] }`, `{"a":1 "b":2}`, `{"a":1]`, `{"a"`, `{"a":`, `{`,
		"\t1", "\v1", "\u00a01", `/* c */1`, `1//c`,
		strings.Repeat("[", 9998) + strings.Repeat("]", 9998), strings.Repeat("[", 9999) + strings.Repeat("]", 9999),
		strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat("[", 1_000_000),
		strings.Repeat(`{"a":`, 9999) + "1" + strings.Repeat("}", 9999), strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000),
	}
	for _, value := range values {
		for _, body := range []string{value, `{"Event":"a","x":` + value + `}`, `{"Event":"a"` + value + `}`, `{"Event":"a"}` + value} {
			event, err := superoffice.Parse([]byte(body))
			if (event == nil) != errors.Is(err, superoffice.ErrNotEvent) {
				t.Errorf("%.60q: %v, %v", body, event, err)
			}
			agrees(t, []byte(body), event)
			identifies(t, []byte(body), event, err)
		}
	}
}

// TestParseRefusesABodyThatWasCut cuts the sample at each of its bytes.
func TestParseRefusesABodyThatWasCut(t *testing.T) {
	t.Parallel()
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		t.Fatal(err)
	}
	for end := range body {
		if event, _ := superoffice.Parse(body[:end]); (event != nil) != json.Valid(body[:end]) {
			t.Fatalf("cut after %d bytes: %v", end, event)
		}
	}
}
