// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// maxShown is how much of an answer is repeated.
const maxShown = 200

// answer to a test event.
type answer struct {
	status int
	text   string
	header http.Header
}

func (p *patient) publicTest(ctx context.Context, f *findings) {
	if p.target == nil || !p.reached {
		f.skip("", "the URL is not known, or cannot be reached")
		return
	}
	a, err := p.post(ctx, p.target, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.roots})
	if err != nil {
		f.fail("SuperOffice gets no answer either. See the lines above.", "%s does not answer: %v", p.target.Host, reason(ctx, err))
		return
	}
	a.tell(f, p.target.Host, p.slot.Present)
	tellSkew(f, p.target.Host, a.header, time.Now())
}

// post posts SuperOffice's test event, signed where there is a secret. It follows no redirect, because SuperOffice is not
// known to.
func (p *patient) post(ctx context.Context, to *url.URL, trust *tls.Config) (*answer, error) {
	body, err := fixtures.Body(superoffice.Test)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set(superoffice.HeaderEvent, superoffice.Test)
	request.Header.Set(superoffice.HeaderTest, "true")
	if p.slot.Present {
		request.Header.Set(superoffice.HeaderSignature, superoffice.Sign(p.slot.Secret(), body))
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true, TLSClientConfig: trust}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	text, err := io.ReadAll(io.LimitReader(response.Body, maxShown))
	if err != nil {
		return nil, err
	}
	return &answer{response.StatusCode, strings.TrimSpace(strings.ToValidUTF8(string(text), "")), response.Header}, nil
}

// tell says what SuperOffice would make of the answer.
func (a *answer) tell(f *findings, who string, signed bool) {
	event := "the test event"
	if signed {
		event = "the signed test event"
	}
	status := strings.TrimSpace(http.StatusText(a.status))
	switch {
	case a.status == http.StatusOK && a.text == "test event received":
		f.ok("%s answers %s with 200", who, event)
		if !signed {
			f.skip("Give it with --secret-file, or get the right to read it.", "the secret is not known here, so the signature was not tried")
		}
	case a.status == http.StatusOK:
		f.warn("Something else answers in its place: a default backend, a login page, another receiver.", "%s answers %s with 200, but not as a receiver: %q", who, event, a.text)
	case a.status >= 300 && a.status < 400:
		f.fail("Register the URL where it leads to, and never redirect POST requests: SuperOffice counts that as a failure.", "%s redirects (%d %s)", who, a.status, status)
	case a.status == http.StatusGone:
		f.fail("Take this answer away at once: a single 410 disables the webhook in SuperOffice. A receiver never gives it.", "%s answers %s with 410", who, event)
	case a.status == http.StatusUnauthorized:
		f.fail("If a receiver says so, the secret that was used is not the one that it has: see kubectl superoffice verify. If a proxy says so, let POST requests to this path through.", "%s answers %s with 401: %q", who, event, a.text)
	case a.status == http.StatusNotFound:
		f.fail("Compare the path with spec.exposure.path, and the host with that of the Ingress or route.", "%s answers %s with 404: %q", who, event, a.text)
	default:
		f.fail("See what stands in between, and the receivers' logs. After 9 failures in a row SuperOffice disables the webhook.", "%s answers %s with %d %s: %q", who, event, a.status, status, a.text)
	}
}
