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

		var store memory
		w := httptest.NewRecorder()
		intake.New(&store, rules(), newCounts(), logr.Discard()).ServeHTTP(w, r)

		holds(t, w, given, &store, signatures, isTest)
		if w.Code == http.StatusOK && (method != http.MethodPost || path != "/webhook" || len(given) > limit) {
			t.Fatalf("%s %s with %d bytes is answered 200", method, path, len(given))
		}
	})
}

type recorder = *httptest.ResponseRecorder

// holds checks an answer and what was stored against the signatures of the request.
func holds(t *testing.T, w recorder, body []byte, store *memory, signatures []string, isTest bool) {
	t.Helper()
	var known bool
	for _, answer := range told {
		known = known || answer.status == w.Code && answer.text == w.Body.String()
	}
	if !known || w.Code >= 500 {
		t.Fatalf("answered %d %q", w.Code, w.Body)
	}
	for _, secret := range []struct{ name, text string }{
		{"the current secret", "the current secret"},
		{"the previous secret", "the previous secret"},
		{"its signature", superoffice.Sign(current, body)},
		{"the previous one's signature", superoffice.Sign(previous, body)},
	} {
		var answer strings.Builder
		if err := w.Result().Write(&answer); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(answer.String(), secret.text) {
			t.Fatalf("the answer tells %s", secret.name)
		}
	}

	verified := len(signatures) == 1
	if verified {
		_, err := superoffice.Verify([]superoffice.Secret{current, previous}, body, signatures[0])
		verified = err == nil
	}
	event, err := superoffice.Parse(body)
	unsignedTest := strings.Join(signatures, "") == "" && len(signatures) <= 1 && (isTest || err == nil && event.IsTest())
	stored := slices.Concat(store.put, store.buried)
	switch {
	case len(stored) > 1 || len(stored) == 1 && !bytes.Equal(stored[0], body):
		t.Fatalf("stored %q", stored)
	case len(stored) > 0 && (!verified || isTest):
		t.Fatalf("stored without a right signature, or a test event: %q", stored)
	case len(store.put) > 0 && (err != nil || event.IsTest()), len(store.buried) > 0 && err == nil:
		t.Fatalf("%d are put, %d buried, but Parse says %v", len(store.put), len(store.buried), err)
	case w.Code == http.StatusOK && !verified && !unsignedTest:
		t.Fatal("answered 200 without a right signature")
	case w.Body.String() == told[intake.Stored].text && len(store.put) != 1:
		t.Fatal("says that it is stored, and it is not")
	case w.Body.String() == told[intake.NoEvent].text && len(store.buried) != 1:
		t.Fatal("says that it is kept, and it is not")
	}
}

// readOnly is a body that can do no more than what a connection can.
type readOnly struct{ r *bytes.Reader }

func (b readOnly) Read(p []byte) (int, error) { return b.r.Read(p) }
func (readOnly) Close() error                 { return nil }
