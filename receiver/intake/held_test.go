// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// slow is a body whose last byte does not come before the test wants it.
type slow struct {
	all      io.Reader
	came     func()
	last     <-chan struct{}
	waitOnce sync.Once
}

func (s *slow) Read(p []byte) (int, error) {
	n, err := s.all.Read(p)
	if err == io.EOF {
		s.waitOnce.Do(func() {
			s.came()
			<-s.last
		})
	}
	return n, err
}

// TestManySlowBodies has strangers hold large bodies without an end. What is held in all has a limit; and events, which are
// small, are stored all the same.
func TestManySlowBodies(t *testing.T) {
	t.Parallel()
	const size = config.DefaultMaxBodyBytes
	h := intake.New(&memory{}, rules(func(r *intake.Rules) { r.MaxBodyBytes = size }), newCounts(), logr.Discard())
	send := func(body io.Reader, signature string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/webhook", io.NopCloser(body))
		r.ContentLength = -1
		r.Header.Set(superoffice.HeaderSignature, signature)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	large := bytes.Repeat([]byte(" "), size)
	const most = intake.MaxHeldBytes / (size - 16<<10)
	var came, answered sync.WaitGroup
	last := make(chan struct{})
	for range most {
		came.Add(1)
		answered.Go(func() {
			w := send(&slow{all: bytes.NewReader(large), came: came.Done, last: last}, "")
			if w.Code != intake.SignatureMissing.Status() {
				t.Errorf("a body for which there was room is answered %d", w.Code)
			}
		})
	}
	came.Wait()
	w := send(bytes.NewReader(large), superoffice.Sign(current, large))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || w.Header().Get("Connection") != "close" {
		t.Errorf("one more is answered %d, %v", w.Code, w.Header())
	}
	if w := send(bytes.NewReader(created), superoffice.Sign(current, created)); replied(w) != told[intake.Stored] {
		t.Errorf("an event meanwhile is answered %d %s", w.Code, w.Body)
	}
	close(last)
	answered.Wait()
	for range 2 * most { // all is given back
		if w := send(bytes.NewReader(large), superoffice.Sign(current, large)); replied(w) != told[intake.NoEvent] {
			t.Fatalf("a large body afterwards is answered %d %s", w.Code, w.Body)
		}
	}
}
