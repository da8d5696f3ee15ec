// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// memory is a store that keeps everything and knows nothing again.
type memory struct{ put, buried [][]byte }

func (m *memory) Put(_ context.Context, _ string, _ superoffice.DedupKey, msg queue.Message) (bool, error) {
	m.put = append(m.put, msg.Body)
	return false, nil
}

func (*memory) Adopt(context.Context, string, superoffice.DedupKey, *queue.Left) error {
	return errors.New("nobody but a receiver hands over")
}

func (m *memory) Bury(_ context.Context, _, _ string, msg queue.Message) error {
	m.buried = append(m.buried, msg.Body)
	return nil
}

// FuzzHandler checks what holds for every request, whatever it is made of. The signer picks who signs it beside whatever
// signature it brings: 1 for the current secret, 2 for the previous one, 3 for a stranger, else nobody.
func FuzzHandler(f *testing.F) {
	for _, body := range fixtures.All() {
		f.Add("POST", "/webhook", "", body, "", uint8(1), false)
	}
	f.Add("POST", "/webhook", "", fixtures.SignedBody(), fixtures.SignedSignature, uint8(0), true)
	f.Add("POST", "/webhook", "X-Hook-Test: true\nX-SuperOffice-Event: test", created, "", uint8(0), false)
	f.Add("POST", "/webhook", "Content-Encoding: gzip", created, superoffice.Sign(current, created), uint8(2), false)
	f.Add("GET", "/webhook/", "Expect: 100-continue", []byte("{"), "x", uint8(1), true)
	f.Add("POST", "/webhook", "", padded(limit+1), "", uint8(3), true)
	f.Add("POST", "/webhook", "", []byte(`{"Event":"test"}`), "", uint8(0), false)
	f.Add("POST", "/webhook", "Content-Encoding: identity\nContent-Encoding: gzip", created, "", uint8(1), false)
	f.Add("POST", "/webhook", "X-Hook-Test: true\nX-Hook-Test: false", created, "", uint8(1), false)
	f.Add("POST", "/webhook", "", []byte(`{"Event":"activity.created","ContextIdentifier":"Cust1"}`), "", uint8(1), false)
	f.Add("POST", "/webhook", "", []byte(`{"Event":"activity.created","ContextIdentifier":"Default","ChangedByAssociateId":316}`), "", uint8(2), true)
	f.Fuzz(func(t *testing.T, method, path, header string, body []byte, signature string, signer uint8, chunked bool) {
		r := &http.Request{Method: method, URL: &url.URL{Path: path}, Header: http.Header{}, ContentLength: int64(len(body))}
		r.Body = http.NoBody
		if len(body) > 0 {
			r.Body = readOnly{bytes.NewReader(body)}
		}
		if chunked {
			r.ContentLength = -1
		}
		for line := range strings.Lines(header) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			r.Header.Add(name, strings.TrimSpace(value))
		}
		if signature != "" {
			r.Header.Add(superoffice.HeaderSignature, signature)
		}
		by := map[uint8]superoffice.Secret{1: current, 2: previous, 3: stranger}
		if secret, ok := by[signer]; ok {
			r.Header.Add(superoffice.HeaderSignature, superoffice.Sign(secret, body))
		}
		given := bytes.Clone(body)
		signatures := r.Header.Values(superoffice.HeaderSignature)
		isTest := r.Header.Get(superoffice.HeaderTest) == "true"

		codings := r.Header.Values("Content-Encoding")
		heard := method == http.MethodPost && path == "/webhook" && len(given) <= limit && !slices.ContainsFunc(codings, func(coding string) bool {
			return coding != "" && !strings.EqualFold(coding, "identity")
		})

		var store memory
		w := httptest.NewRecorder()
		intake.New(&store, choosy(), newCounts(), logr.Discard()).ServeHTTP(w, r)

		told200 := keeps(t, w, given, &store, signatures, isTest)
		if heard && told200 != (w.Code == http.StatusOK) || !heard && w.Code < 400 {
			t.Fatalf("%s %s with %d bytes and the codings %q is answered %d %s", method, path, len(given), codings, w.Code, w.Body)
		}
		if !heard && len(store.put)+len(store.buried) > 0 {
			t.Fatal("stored, though it should not be read")
		}
	})
}

// choosy are rules by which each reason not to store an event can apply.
func choosy() intake.Rules {
	return rules(func(r *intake.Rules) { r.Tenants, r.Associates = []string{"Default", "Cust12345"}, []int64{316} })
}

// keeps checks an answer and what was stored against the signatures of the request, and returns whether a request that is
// heard at all must be answered 200: verified and then stored or not wanted, or an unsigned test.
func keeps(t *testing.T, w *httptest.ResponseRecorder, body []byte, store *memory, signatures []string, isTest bool) bool {
	t.Helper()
	silent(t, w, body)
	verified := len(signatures) == 1
	if verified {
		_, err := superoffice.Verify([]superoffice.Secret{current, previous}, body, signatures[0])
		verified = err == nil
	}
	event, err := superoffice.Parse(body)
	unsigned := strings.Join(signatures, "") == "" && len(signatures) <= 1
	unsignedTest := unsigned && (isTest || err == nil && event.IsTest() && len(body) <= 64<<10)
	var wantPut, wantBuried [][]byte
	switch rules := choosy(); {
	case w.Code != http.StatusOK || !verified || isTest:
	case err != nil:
		wantBuried = [][]byte{body}
	case slices.Contains(rules.Events, event.Name) && slices.Contains(rules.Tenants, event.ContextIdentifier) &&
		!slices.Contains(rules.Associates, event.ChangedByAssociateID):
		wantPut = [][]byte{body}
	}
	if diff := cmp.Diff(wantPut, store.put, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("answered %d %q, stored (-want +got)\n%s", w.Code, w.Body, diff)
	}
	if diff := cmp.Diff(wantBuried, store.buried, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("answered %d %q, dead letters (-want +got)\n%s", w.Code, w.Body, diff)
	}
	if stored := replied(w) == told[intake.Stored]; stored != (len(wantPut) > 0) {
		t.Fatalf("answered %q, and stored: %q", w.Body, store.put)
	}
	if kept := replied(w) == told[intake.NoEvent]; kept != (len(wantBuried) > 0) {
		t.Fatalf("answered %q, and buried: %q", w.Body, store.buried)
	}
	return verified || unsignedTest
}

// silent checks that an answer is one of those that there are, and tells no secret and no signature.
func silent(t *testing.T, w *httptest.ResponseRecorder, body []byte) {
	t.Helper()
	if err := survivable(w.Code); err != nil {
		t.Fatal(err)
	}
	var known bool
	for _, answer := range told {
		known = known || answer == replied(w)
	}
	if !known || w.Code >= 500 {
		t.Fatalf("answered %d %q", w.Code, w.Body)
	}
	var answer strings.Builder
	if err := w.Result().Write(&answer); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []struct{ name, text string }{
		{"the current secret", "the current secret"},
		{"the previous secret", "the previous secret"},
		{"its signature", superoffice.Sign(current, body)},
		{"the previous one's signature", superoffice.Sign(previous, body)},
	} {
		if strings.Contains(answer.String(), secret.text) {
			t.Fatalf("the answer tells %s", secret.name)
		}
	}
}

// readOnly is a body that can do no more than what a connection can.
type readOnly struct{ r *bytes.Reader }

func (b readOnly) Read(p []byte) (int, error) { return b.r.Read(p) }
func (readOnly) Close() error                 { return nil }
