// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "A secret of Grüße, that nobody guesses"

// original is a body as SuperOffice sends it: indented, with CRLF, and here with a letter that is not ASCII.
func original() []byte {
	return bytes.Replace(fixtures.SignedBody(), []byte(`"associate_id"`), []byte(`"associate_id_ü<"`), 1)
}

func sign(secret string, body []byte) string {
	return superoffice.Sign(superoffice.NewSecret([]byte(secret)), body)
}

func macOf(secret string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return h.Sum(nil)
}

// diagnosed runs the command and reads what it says, which must never be the expected signature or a secret.
func diagnosed(t *testing.T, secret string, body []byte, signature string, more ...string) (*diagnosis, error) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{"secret": secret, "body": string(body), "signature": signature} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{
		"--secret-file", filepath.Join(folder, "secret"), "-f", filepath.Join(folder, "body"), "--signature-file", filepath.Join(folder, "signature"),
	}, more...)
	said, _ := run(t.Context(), args...)
	document, err := run(t.Context(), append(args, "-o", "json")...)
	keepsSecrets(t, secret, body, said+document)
	var d diagnosis
	if jsonErr := json.Unmarshal([]byte(document), &d); jsonErr != nil {
		t.Fatalf("%v in %q (%v)", jsonErr, document, err)
	}
	return &d, err
}

// keepsSecrets looks for every MAC that could be of use: of each form of the secret and each form of the body.
func keepsSecrets(t *testing.T, secret string, body []byte, said string) {
	t.Helper()
	for _, s := range secrets([]byte(secret)) {
		if len(s.value) > 4 && strings.Contains(said, string(s.value)) {
			t.Errorf("a secret is told: %s", said)
		}
		for _, b := range bodies(body) {
			mac := macOf(string(s.value), b.value)
			for _, form := range []string{base64.StdEncoding.EncodeToString(mac), base64.URLEncoding.EncodeToString(mac), hex.EncodeToString(mac)} {
				if strings.Contains(said, form[:16]) {
					t.Errorf("a signature is told: %s", said)
				}
			}
		}
	}
}

func run(ctx context.Context, args ...string) (string, error) {
	cmd := NewCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var stdout bytes.Buffer
	cmd.SetOut(&stdout)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	return stdout.String(), err
}

func TestMatch(t *testing.T) {
	t.Parallel()
	d, err := diagnosed(t, fixtures.SignedSecret, fixtures.SignedBody(), fixtures.SignedSignature)
	if err != nil || !d.Matches || d.Slot != "given" || len(d.Causes) > 0 {
		t.Errorf("%+v (%v)", d, err)
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	body := original()
	unix := bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	signature := sign(secret, body)
	var compact, zipped, indented bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&indented, body, "", "    "); err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(body)
	_ = w.Close()
	quoted, err := json.Marshal(string(body))
	if err != nil {
		t.Fatal(err)
	}
	mac := macOf(secret, body)
	for name, test := range map[string]struct {
		secret    string
		body      []byte
		signature string
		want      string // a part of the only cause
	}{
		"the signature in hex":                    {secret, body, hex.EncodeToString(mac), "it is in hex"},
		"in upper-case hex":                       {secret, body, strings.ToUpper(hex.EncodeToString(mac)), "it is in hex"},
		"in base64 of hex":                        {secret, body, base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac))), "base64 of the hex form"},
		"in base64 twice":                         {secret, body, base64.StdEncoding.EncodeToString([]byte(signature)), "in base64 twice"},
		"without its end":                         {secret, body, strings.TrimRight(signature, "="), `the "=" at its end is missing`},
		"in base64 for URLs":                      {slashed, body, base64.URLEncoding.EncodeToString(macOf(slashed, body)), "base64 for URLs"},
		"with a line break":                       {secret, body, signature + "\n", "white space is around the signature"},
		"with the header's name":                  {secret, body, "X-SuperOffice-Signature: " + signature, "the name of the header"},
		"in quotation marks":                      {secret, body, `"` + signature + `"`, "quotation marks are around the signature"},
		"with sha256=":                            {secret, body, "sha256=" + hex.EncodeToString(mac), `"sha256=" stands before it`},
		"percent-encoded":                         {slashed, body, url.QueryEscape(sign(slashed, body)), "percent-encoded"},
		"with spaces for plus":                    {slashed, body, strings.ReplaceAll(sign(slashed, body), "+", " "), `became a space`},
		"a newline in our secret":                 {secret + "\n", body, signature, "the secret here ends with a line break"},
		"spaces around our secret":                {"  " + secret, body, signature, "the secret here has white space around it"},
		"a newline in their secret":               {secret, body, sign(secret+"\n", body), "the sender's secret ends with a line break that"},
		"a space in their secret":                 {secret, body, sign(secret+" ", body), "the secret in SuperOffice ends with a space"},
		"our secret in quotation marks":           {"'" + secret + "'", body, signature, "in quotation marks, which count"},
		"our secret in base64":                    {base64.StdEncoding.EncodeToString([]byte(secret)), body, signature, "the secret here is in base64"},
		"our secret in hex":                       {hex.EncodeToString([]byte(secret)), body, signature, "the secret here is in hex"},
		"their secret in base64":                  {secret, body, sign(base64.StdEncoding.EncodeToString([]byte(secret)), body), "the base64 form of the secret here"},
		"our secret with a byte order mark":       {byteOrderMark + secret, body, signature, "begins with a byte order mark"},
		"our secret in Latin 1":                   {string(latin1([]byte(secret))), body, signature, "the secret here is encoded in Latin 1"},
		"their secret in UTF-16":                  {secret, body, sign(string(utf16LE([]byte(secret))), body), "in UTF-16"},
		"no secret at theirs":                     {secret, body, sign("", body), "an empty secret"},
		"a line break at the end":                 {secret, append(bytes.Clone(body), '\n'), signature, "added a line break to the end"},
		"no line break at the end":                {secret, body, sign(secret, append(bytes.Clone(body), '\n')), "took away the line break (LF)"},
		"LF for CRLF":                             {secret, unix, signature, "from CRLF to LF, as text tools"},
		"LF for CRLF, and one at the end":         {secret, append(bytes.Clone(unix), '\n'), signature, "from CRLF to LF, and added one at its end"},
		"CRLF for LF":                             {secret, body, sign(secret, unix), "from LF to CRLF"},
		"a byte order mark":                       {secret, append([]byte(byteOrderMark), body...), signature, "put a byte order mark before the body"},
		"encoded twice":                           {secret, fromLatin1(body), signature, "took the body's UTF-8 for Latin 1"},
		"in UTF-16":                               {secret, utf16LE(body), signature, "from UTF-8 to UTF-16"},
		"compressed":                              {secret, zipped.Bytes(), signature, "compressed the body"},
		"in base64":                               {secret, []byte(base64.StdEncoding.EncodeToString(body)), signature, "the body is in base64"},
		"as a JSON string":                        {secret, quoted, signature, "encoded it twice"},
		"percent-encoded body":                    {secret, []byte(url.QueryEscape(string(body))), signature, "percent-encoded, as forms are"},
		"made compact":                            {secret, compact.Bytes(), signature, "indented by two spaces, with line ends of CRLF"},
		"made compact and sorted and escaped":     {secret, body, sign(secret, escapeHTML(bytes.TrimSpace(sorted(body)))), "compact, without spaces, with its keys in another order, and escaped <, > and &"},
		"pretty-printed":                          {secret, indented.Bytes(), signature, "indented by two spaces, with line ends of CRLF"},
		"encoded as Python does":                  {secret, body, sign(secret, escapeASCII(spaced(compact.Bytes()))), "in one line, with spaces after commas and colons, and escaped what is not ASCII"},
		"escapes written out":                     {secret, body, sign(secret, escapeASCII(body)), "and escaped what is not ASCII"},
		"an empty body":                           {secret, body, sign(secret, nil), "an empty body"},
		"not an HMAC":                             {secret, body, sum(secret + string(body)), "a plain SHA-256 over the secret and the body"},
		"of the documentation":                    {secret, body, fixtures.SignedSignature, "that SuperOffice's documentation prints"},
		"two things: a newline in the secret, LF": {secret + "\n", unix, signature, "the secret here ends with a line break"},
		"three: hex, a newline in the secret, LF": {secret + "\n", unix, hex.EncodeToString(mac), "it is in hex"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := diagnosed(t, test.secret, test.body, test.signature)
			if d.Matches || exit.Of(err) != exit.Wrong {
				t.Fatalf("it matches (%v)", err)
			}
			if len(d.Causes) != 1 || !strings.Contains(d.Causes[0], test.want) {
				t.Errorf("the causes are %q, want one with %q", d.Causes, test.want)
			}
		})
	}
}

// slashed is a secret that gives the body a signature with characters that URLs treat in their own way.
var slashed = func() string {
	for i := 'a'; ; i++ {
		if s := sign(secret+string(i), original()); strings.Contains(s, "+") && strings.Contains(s, "/") {
			return secret + string(i)
		}
	}
}()

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(s[:])
}

func TestAnotherBody(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "second.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, _ := diagnosed(t, secret, original(), sign(secret, []byte("{}")), "--other", file)
	if want := "it is the signature of another body, second.json"; len(d.Causes) != 1 || d.Causes[0] != want {
		t.Errorf("the causes are %q, want %q", d.Causes, want)
	}
}

func TestNoCause(t *testing.T) {
	t.Parallel()
	for name, signature := range map[string]string{
		"another secret": sign("another", original()), "rubbish": "\x1b[2Jrubbish", "nothing": " ", "too short": "X1FmmRIX",
	} {
		d, err := diagnosed(t, secret, original(), signature)
		if d.Matches || len(d.Causes) > 0 || d.Tried < 800 || exit.Of(err) != exit.Wrong {
			t.Errorf("%s: %+v (%v)", name, d, err)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for want, args := range map[string]string{
		"name the SuperOfficeWebhook whose secret to verify with, or give --secret-file or --secret-env": "-f b --signature s",
		"name a SuperOfficeWebhook or give a secret, not both":                                           "crm -f b --signature s --secret-env X",
		"name one SuperOfficeWebhook":                                                                    "crm bi -f b --signature s",
		"give the body with --filename":                                                                  "crm --signature s",
		"--signature and --signature-file exclude each other":                                            "crm -f b --signature s --signature-file s",
		"give the value of the header X-SuperOffice-Signature with --signature or --signature-file":      "crm -f b",
		"--secret-file and --secret-env exclude each other":                                              "-f b --signature s --secret-file s --secret-env X",
	} {
		if _, err := run(t.Context(), strings.Fields(args)...); err == nil || err.Error() != want || exit.Of(err) != exit.Usage {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
