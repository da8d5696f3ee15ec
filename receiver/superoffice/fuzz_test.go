// SPDX-License-Identifier: Apache-2.0

package superoffice_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func FuzzParse(f *testing.F) {
	for _, body := range fixtures.All() {
		f.Add(body)
	}
	f.Add(fixtures.SignedBody())
	f.Add([]byte(`{"Event":"a.b","PrimaryKey":1e400,"FieldValues":{"do_by":"0001-01-01T00:00:00","type":-0}}`))
	f.Add([]byte(strings.Repeat(`{"Event":`, 1000)))
	f.Add([]byte(` { "Ev\u0065nt" : "a\"\\.b" , "Changes" : [ "a" , null ] , "Extra" : [ { "x" : "]}" } , 1 ] , "Values" : { } } `))
	f.Fuzz(func(t *testing.T, body []byte) {
		given := bytes.Clone(body)
		e, err := superoffice.Parse(body)
		if !bytes.Equal(body, given) {
			t.Fatal("the body was changed")
		}
		if utf8.Valid(body) { // encoding/json replaces what is not
			agrees(t, body, e)
		}
		identifies(t, body, e, err)
		if err != nil {
			if !errors.Is(err, superoffice.ErrNotEvent) || e != nil {
				t.Fatalf("Parse = %v, %v", e, err)
			}
			return
		}
		if !bytes.Equal(e.Raw, given) || e.Name == "" {
			t.Fatalf("Raw or Name of %+v", e)
		}
		for key, value := range e.Extra {
			if !json.Valid(value) {
				t.Fatalf("the unknown key %q holds %q", key, value)
			}
		}
		if strings.ContainsAny(e.DedupKey().String()+e.RecordKey().String(), "\x00\r\n") {
			t.Fatalf("the keys are %q and %q", e.DedupKey(), e.RecordKey())
		}
		_, _ = e.Activity()
		_ = e.IsTest()
	})
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(fixtures.SignedSecret), fixtures.SignedBody(), fixtures.SignedSignature)
	for _, form := range altered(f) {
		f.Add([]byte(fixtures.SignedSecret), form.body, fixtures.SignedSignature)
		f.Add([]byte(fixtures.SignedSecret), form.body, form.signature)
	}
	f.Add([]byte{}, []byte{}, "")
	f.Add([]byte("s"), []byte("{}"), strings.Repeat("A", 43)+"=")
	f.Fuzz(func(t *testing.T, key, body []byte, signature string) {
		secret := superoffice.NewSecret(key)
		right := superoffice.Sign(secret, body)
		i, err := superoffice.Verify([]superoffice.Secret{secret}, body, signature)
		switch {
		case err == nil && (i != 0 || signature != right || len(key) == 0):
			t.Fatalf("accepted %q", signature)
		case err != nil && i != -1:
			t.Fatalf("Verify = %d, %v", i, err)
		case signature == right && len(key) > 0 && err != nil:
			t.Fatalf("refused its own signature: %v", err)
		}
		decoy := superoffice.NewSecret(append(bytes.Clone(key), 'x'))
		if i, err := superoffice.Verify([]superoffice.Secret{decoy, secret}, body, right); len(key) > 0 && (i != 1 || err != nil) {
			t.Fatalf("the second secret: Verify = %d, %v", i, err)
		}
	})
}
