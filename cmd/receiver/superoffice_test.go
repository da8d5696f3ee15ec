// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

var eventID = regexp.MustCompile(`"EventId": "[^"]*"`)

// body is the sample of an event with an id of its own, and with line ends as SuperOffice has them.
func body(t *testing.T, event, id string) []byte {
	t.Helper()
	sample, err := fixtures.Body(event)
	if err != nil {
		t.Fatal(err)
	}
	sample = bytes.ReplaceAll(sample, []byte("\n"), []byte("\r\n"))
	return eventID.ReplaceAllLiteral(sample, []byte(`"EventId": "`+id+`"`))
}

// fresh is an event that was not there before.
func fresh(t *testing.T, event string) []byte {
	t.Helper()
	return body(t, event, uuid.NewString())
}

// header is what SuperOffice sends with a body that it signed.
func header(secret string, body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("User-Agent", "NetServer-Webhook/8.8.6684.1719")
	h.Set(superoffice.HeaderSignature, superoffice.Sign(superoffice.NewSecret([]byte(secret)), body))
	if e, err := superoffice.Parse(body); err == nil {
		h.Set(superoffice.HeaderEvent, e.Name)
		h.Set(superoffice.HeaderEventID, e.ID)
	}
	return h
}

// poster is one of SuperOffice's connections.
type poster struct{ client *http.Client }

func newPoster(t *testing.T) *poster {
	transport := &http.Transport{MaxIdleConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	return &poster{&http.Client{Transport: transport, Timeout: patience}}
}

// post returns the answer.
func (p *poster) post(ctx context.Context, url string, header http.Header, body []byte) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header = header
	response, err := p.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, strings.TrimSpace(string(text)), err
}

// accepts posts a signed event that must be answered with 200.
func (r *receiver) accepts(t *testing.T, p *poster, body []byte) {
	t.Helper()
	code, answer, err := p.post(t.Context(), r.intake, header(secret, body), body)
	if err != nil || code != http.StatusOK {
		t.Fatalf("an event was answered with %d %q, error %v", code, answer, err)
	}
}
