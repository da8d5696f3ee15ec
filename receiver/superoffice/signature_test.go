// SPDX-License-Identifier: Apache-2.0

package superoffice_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

var vendorSecret = superoffice.NewSecret([]byte(fixtures.SignedSecret))

// altered are forms that well-meaning code gives a body on its way, with the signatures that they would have had.
func altered(t testing.TB) map[string]struct {
	body      []byte
	signature string
} {
	t.Helper()
	body := fixtures.SignedBody()
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		t.Fatal(err)
	}
	return map[string]struct {
		body      []byte
		signature string
	}{
		"line ends turned into LF": {
			bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), "qjTnIVVhLVRF9JiBrzhukwpR3XBuSfI68YN+0V/Anec=",
		},
		"white space removed": {compact.Bytes(), "MsV1Pws9I3q/HnWFA1tjWbnnbimpUP4uqLROrglvAOo="},
		"a line end added": {
			append(bytes.Clone(body), "\r\n"...), "M4401tYFApNqr+ALEDFMp+zs6HE2J7th1wSp9WNjuRw=",
		},
		"a byte order mark put in front": {
			append([]byte("\xef\xbb\xbf"), body...), "c3HUZx8ouB31+2XdxhqXX4fo1rNLCqoweM7vFDi7Ydg=",
		},
	}
}

func TestSignMakesTheSignatureThatSuperOfficeMade(t *testing.T) {
	if got := superoffice.Sign(vendorSecret, fixtures.SignedBody()); got != fixtures.SignedSignature {
		t.Errorf("Sign = %s, want %s", got, fixtures.SignedSignature)
	}
	for name, form := range altered(t) {
		if got := superoffice.Sign(vendorSecret, form.body); got != form.signature {
			t.Errorf("%s: Sign = %s, want %s", name, got, form.signature)
		}
	}
}

func TestVerify(t *testing.T) {
	body, signature := fixtures.SignedBody(), fixtures.SignedSignature
	other := superoffice.NewSecret([]byte("another"))
	type secrets = []superoffice.Secret

	t.Run("accepts the signature that SuperOffice made", func(t *testing.T) {
		if i, err := superoffice.Verify(secrets{vendorSecret}, body, signature); i != 0 || err != nil {
			t.Errorf("Verify = %d, %v", i, err)
		}
	})
	t.Run("tells which secret signed", func(t *testing.T) {
		if i, err := superoffice.Verify(secrets{other, vendorSecret, vendorSecret}, body, signature); i != 1 || err != nil {
			t.Errorf("Verify = %d, %v, want the first that fits", i, err)
		}
	})
	for name, form := range altered(t) {
		t.Run("refuses the body with "+name, func(t *testing.T) {
			refused(t, secrets{vendorSecret}, form.body, signature, superoffice.ErrSignatureMismatch)
		})
	}
	t.Run("refuses the documentation's activity.created with the signature printed beside it", func(t *testing.T) {
		body, err := fixtures.Body(superoffice.ActivityCreated)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, secrets{vendorSecret}, body, signature, superoffice.ErrSignatureMismatch)
	})
	t.Run("refuses every single changed bit of a signature", func(t *testing.T) {
		mac, err := base64.StdEncoding.DecodeString(signature)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range len(mac) * 8 {
			mac[bit/8] ^= 1 << (bit % 8)
			refused(t, secrets{vendorSecret}, body, base64.StdEncoding.EncodeToString(mac), superoffice.ErrSignatureMismatch)
			mac[bit/8] ^= 1 << (bit % 8)
		}
	})
	t.Run("refuses without secrets", func(t *testing.T) {
		refused(t, nil, body, signature, superoffice.ErrSignatureMismatch)
	})
	t.Run("refuses what an empty secret signed", func(t *testing.T) {
		for _, empty := range []superoffice.Secret{{}, superoffice.NewSecret(nil)} {
			refused(t, secrets{empty}, body, superoffice.Sign(empty, body), superoffice.ErrSignatureMismatch)
		}
	})
	t.Run("refuses an absent signature", func(t *testing.T) {
		refused(t, secrets{vendorSecret}, body, "", superoffice.ErrNoSignature)
	})
	for name, malformed := range map[string]string{
		"what is no base64":                   "not a signature",
		"hexadecimal":                         "5f5166991217bb31fca343036a7bdad659ee3595e88b1e8cd144b54bae2cf9ef",
		"the URL alphabet":                    strings.NewReplacer("+", "-", "/", "_").Replace(signature),
		"no padding":                          strings.TrimRight(signature, "="),
		"a line end in between":               signature[:20] + "\n" + signature[20:],
		"a space behind":                      signature + " ",
		"a prefix":                            "sha256=" + signature,
		"31 bytes":                            base64.StdEncoding.EncodeToString(make([]byte, 31)),
		"33 bytes":                            base64.StdEncoding.EncodeToString(make([]byte, 33)),
		"bits behind the end of the 32 bytes": signature[:42] + "9=",
		"a megabyte":                          strings.Repeat("A", 1<<20),
	} {
		t.Run("refuses as malformed "+name, func(t *testing.T) {
			refused(t, secrets{vendorSecret}, body, malformed, superoffice.ErrMalformedSignature)
		})
	}
}

func refused(t *testing.T, secrets []superoffice.Secret, body []byte, signature string, want error) {
	t.Helper()
	if i, err := superoffice.Verify(secrets, body, signature); !errors.Is(err, want) || i != -1 {
		t.Errorf("Verify = %d, %v, want -1, %v", i, err, want)
	}
}

func TestSecret(t *testing.T) {
	const text = "hunter2"
	secret := superoffice.NewSecret([]byte(text))

	t.Run("keeps its bytes when the caller's change", func(t *testing.T) {
		value := []byte(text)
		copied := superoffice.NewSecret(value)
		clear(value)
		if !copied.Equal(secret) || copied.Len() != len(text) {
			t.Error("the secret changed")
		}
	})
	t.Run("differs from others", func(t *testing.T) {
		if secret.Equal(vendorSecret) || secret.Equal(superoffice.Secret{}) {
			t.Error("Equal says that it is another")
		}
	})
	t.Run("is printed by nobody", func(t *testing.T) {
		type holder struct {
			Exported superoffice.Secret
			hidden   superoffice.Secret
			list     []superoffice.Secret
		}
		h := holder{secret, secret, []superoffice.Secret{secret}}
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o"} {
			fmt.Fprintf(&out, verb+"\n", secret)
			fmt.Fprintf(&out, verb+"\n", &secret)
			fmt.Fprintf(&out, verb+"\n", h)
			fmt.Fprintf(&out, verb+"\n", &h)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("", "secret", secret, "holder", h)
		slog.New(slog.NewTextHandler(&out, nil)).Info("", "secret", secret, "holder", h)
		if err := json.NewEncoder(&out).Encode(map[string]any{"secret": secret, "holder": h}); err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), fmt.Sprint([]byte(text))} {
			if strings.Contains(out.String(), strings.Trim(form, "[]")) {
				t.Errorf("%q is in\n%s", form, &out)
			}
		}
		if !strings.Contains(out.String(), "[redacted]") {
			t.Errorf("nothing says that it was left out:\n%s", &out)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	body := fixtures.SignedBody()
	for _, secrets := range [][]superoffice.Secret{
		{vendorSecret},
		{superoffice.NewSecret([]byte("another")), vendorSecret},
	} {
		b.Run(fmt.Sprintf("secrets=%d", len(secrets)), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := superoffice.Verify(secrets, body, fixtures.SignedSignature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
