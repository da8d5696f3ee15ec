// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secretMarker = "marker-of-the-secret"

// receiver answers as one: 200 to a signed test event.
func receiver(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, err := superoffice.Verify([]superoffice.Secret{superoffice.NewSecret([]byte(secretMarker))}, body, r.Header.Get(superoffice.HeaderSignature))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	_, _ = io.WriteString(w, "test event received\n")
}

// certificate is for 127.0.0.1 unless another name is given, and ends so long from now.
func certificate(t *testing.T, ends time.Duration, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(ends),
		DNSNames: names, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if len(names) == 0 {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// serve starts a server with TLS and a patient who is registered there.
func serve(t *testing.T, answer http.HandlerFunc, ends time.Duration, names ...string) *patient {
	t.Helper()
	s := httptest.NewUnstartedServer(answer)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	pair, roots := certificate(t, ends, names...)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return &patient{
		options: options{url: s.URL + "/webhook?code=marker-in-the-url", timeout: 30 * time.Second, output: output.JSON},
		roots:   roots, now: time.Now(), slot: resource.NewSlot("current", "secret", []byte(secretMarker)),
	}
}

// examined returns what was said of each check, states first.
func examined(t *testing.T, p *patient, checks []check) ([]result, error) {
	t.Helper()
	var out bytes.Buffer
	err := p.examine(t.Context(), checks, &out)
	if text := out.String(); strings.Contains(text, "marker") {
		t.Errorf("a secret is told: %s", text)
	}
	var results []result
	if err := json.Unmarshal(out.Bytes(), &results); err != nil {
		t.Fatal(err)
	}
	return results, err
}

func TestURL(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	answer := func(code int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			http.Error(w, text, code)
		}
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		ends   time.Duration
		names  []string
		change func(*patient)
		want   []string // parts of lines: state, check, what was found
		code   exit.Code
	}{
		"all is well": {
			answer: receiver, ends: year,
			want: []string{"warn url 127.0.0.1 is an address", "ok url https://127.0.0.1", "warn dns", "ok tls TLS 1.3, the certificate for 127.0.0.1 by Test CA ends in 364d", "ok public test", "ok public test the clock"},
		},
		"the certificate ends soon": {answer: receiver, ends: 48 * time.Hour, want: []string{"warn tls the certificate for 127.0.0.1 ends in 1d23h", "ok public test"}},
		"the certificate has ended": {answer: receiver, ends: -48 * time.Hour, want: []string{"fail tls the certificate is not trusted", "fail tls the certificate for 127.0.0.1 ended on", "fail public test"}, code: exit.Wrong},
		"it is for another name":    {answer: receiver, ends: year, names: []string{"other.example.com"}, want: []string{"fail tls the certificate is not trusted: x509", "ok tls TLS 1.3, the certificate for other.example.com"}, code: exit.Wrong},
		"nobody trusts its issuer":  {answer: receiver, ends: year, change: func(p *patient) { p.roots = x509.NewCertPool() }, want: []string{"fail tls the certificate is not trusted: x509: certificate signed by unknown authority"}, code: exit.Wrong},
		"another secret":            {answer: receiver, ends: year, change: func(p *patient) { p.slot = resource.NewSlot("current", "secret", []byte("another")) }, want: []string{"fail public test"}, code: exit.Wrong},
		"a redirect": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
		}, ends: year, want: []string{"fail public test 127.0.0.1:"}, code: exit.Wrong},
		"gone":                    {answer: answer(410, ""), ends: year, want: []string{"fail public test"}, code: exit.Wrong},
		"no such path":            {answer: answer(404, "nothing here"), ends: year, want: []string{"fail public test"}, code: exit.Wrong},
		"a bad gateway":           {answer: answer(502, "nobody behind"), ends: year, want: []string{"fail public test"}, code: exit.Wrong},
		"another program":         {answer: answer(200, "It works!"), ends: year, want: []string{"warn public test"}},
		"the secret is not known": {answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "test event received\n") }, ends: year, change: func(p *patient) { p.slot = resource.Slot{} }, want: []string{"ok public test", "skip public test the secret is not known here"}},
		"another clock": {answer: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
			receiver(w, r)
		}, ends: year, want: []string{"warn public test the clock of"}},
		"nobody listens":           {answer: receiver, ends: year, change: func(p *patient) { p.url = "https://127.0.0.1:1/webhook" }, want: []string{"fail tls 127.0.0.1:1 cannot be reached", "skip public test"}, code: exit.Wrong},
		"no such name":             {answer: receiver, ends: year, change: func(p *patient) { p.url = "https://nothing.invalid/webhook" }, want: []string{"fail dns nothing.invalid has no address", "fail tls"}, code: exit.Wrong},
		"plain HTTP, another path": {answer: receiver, ends: year, change: func(p *patient) { p.url, p.webhook = "http://127.0.0.1:1/hook", &v1alpha1.SuperOfficeWebhook{} }, want: []string{"warn url 127.0.0.1:1 is not https", "warn url its path is /hook, but receivers accept events on /webhook", "skip tls", "fail public test"}, code: exit.Wrong},
		"a URL inside of the cluster": {answer: receiver, ends: year, change: func(p *patient) {
			p.url, p.webhook = "", &v1alpha1.SuperOfficeWebhook{Status: v1alpha1.SuperOfficeWebhookStatus{Address: &v1alpha1.Address{URL: "http://crm-receiver.sales.svc/webhook"}}}
		}, want: []string{"skip url crm-receiver.sales.svc is inside", "skip dns", "skip tls", "skip public test"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, test.answer, test.ends, test.names...)
			if test.change != nil {
				test.change(p)
			}
			results, err := examined(t, p, ofURL)
			if exit.Of(err) != test.code {
				t.Errorf("it ends with code %d (%v), want %d", exit.Of(err), err, test.code)
			}
			var lines []string
			for _, r := range results {
				lines = append(lines, string(r.State)+" "+r.Check+" "+r.Found)
				if (r.State == warning || r.State == failed) && r.Do == "" {
					t.Errorf("%s: nobody is told what to do", r.Found)
				}
			}
			rest := lines
			for _, want := range test.want { // in this order
				i := 0
				for i < len(rest) && !strings.HasPrefix(rest[i], want) {
					i++
				}
				if i == len(rest) {
					t.Fatalf("there is no %q in\n%s", want, strings.Join(lines, "\n"))
				}
				rest = rest[i+1:]
			}
		})
	}
}

func TestReceivers(t *testing.T) {
	t.Parallel()
	one := func(hash string) resource.Receiver {
		return resource.Receiver{Pod: "a", Ready: true, Status: &status.Status{Config: status.Config{Hash: hash}}}
	}
	broken := one("x")
	broken.Status.Config.Error, broken.Status.Queue.Error = "no such key", "disk full"
	for name, test := range map[string]struct {
		found []resource.Receiver
		want  []state
	}{
		"all alike":             {[]resource.Receiver{one("x"), one("x")}, []state{ok}},
		"two configurations":    {[]resource.Receiver{one("x"), one("y")}, []state{warning}},
		"none":                  {nil, []state{failed}},
		"one that is not":       {[]resource.Receiver{one("x"), {Pod: "b", State: "Pending", Err: errors.New("no")}}, []state{warning}},
		"one that is silent":    {[]resource.Receiver{one("x"), {Pod: "b", Ready: true, Err: errors.New("no")}}, []state{skipped}},
		"one with two troubles": {[]resource.Receiver{broken}, []state{failed, failed}},
	} {
		f := &findings{}
		tellReceivers(f, test.found)
		var got []state
		for _, r := range f.results {
			got = append(got, r.State)
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: %v, want %v", name, f.results, test.want)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: %v, want %v", name, f.results, test.want)
			}
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, r := range []result{{"dns", ok, "hooks.example.com is 192.0.2.1", ""}, {"public test", failed, "it answers\x1b[2J 410", "Take it away."}} {
		if err := r.write(&out, false); err != nil {
			t.Fatal(err)
		}
	}
	want := "ok    dns           hooks.example.com is 192.0.2.1\n" +
		"fail  public test   it answers [2J 410\n" +
		"                    Take it away.\n"
	if out.String() != want {
		t.Errorf("it says\n%s\nwant\n%s", out.String(), want)
	}
}

func TestBare(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://user:marker@host/path?marker#marker")
	if err != nil {
		t.Fatal(err)
	}
	if got := bare(u); got != "https://host/path" {
		t.Errorf("%s", got)
	}
}
