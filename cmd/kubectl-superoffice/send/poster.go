// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// superOfficeRetries are the pauses before SuperOffice's second and third attempt
// (https://docs.superoffice.com/en/automation/webhook/dev/notification.html).
var superOfficeRetries = []time.Duration{time.Second, 4 * time.Second}

// maxAnswer bounds what is read of an answer, maxAnswerShown what is shown of it.
const (
	maxAnswer      = 64 << 10
	maxAnswerShown = 200
)

// poster posts messages to one URL.
type poster struct {
	transport http.RoundTripper // not a client, which follows redirects: a redirect is the answer
	url       string
	sign      func(body []byte) string
	timeout   time.Duration   // of one attempt
	retries   []time.Duration // the pause before each repetition
	wanted    int             // the status that ends the repetitions
}

// answer is what became of one message.
type answer struct {
	status   int           // 0: none came
	text     string        // the beginning of its body
	err      error         // why none came
	latency  time.Duration // of the last attempt
	attempts int
}

func newTransport(connections int, trust *tls.Config) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = trust
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = connections, connections
	transport.DisableCompression = true
	return transport
}

// post tries until the wanted answer comes, no retry is left, or a 410 tells SuperOffice to stop for good
// (https://docs.superoffice.com/en/automation/webhook/reference/state-events.html).
func (p *poster) post(ctx context.Context, m message) answer {
	signature := p.sign(m.body)
	a := p.attempt(ctx, m, signature, 0)
	for i, pause := range p.retries {
		if a.status == p.wanted || a.status == http.StatusGone || !wait(ctx, pause) {
			break
		}
		a = p.attempt(ctx, m, signature, i+1)
	}
	return a
}

func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (p *poster) attempt(ctx context.Context, m message, signature string, retry int) answer {
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout, fmt.Errorf("timed out after %s", p.timeout))
	defer cancel()
	a := answer{attempts: retry + 1}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(m.body))
	if err != nil {
		a.err = resource.WithoutURL(err)
		return a
	}
	request.Header = m.header(signature, retry)
	if user := request.URL.User; user != nil {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
	start := time.Now()
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		a.err = reason(ctx, err)
		return a
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		a.err = fmt.Errorf("read the answer %d: %w", response.StatusCode, reason(ctx, err))
		return a
	}
	a.status, a.latency = response.StatusCode, time.Since(start)
	a.text = strings.ToValidUTF8(strings.TrimSpace(string(text[:min(len(text), maxAnswerShown)])), "")
	return a
}

// reason prefers the cause of a context's end, which says which limit was hit, and puts a slip in words.
func reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var plain tls.RecordHeaderError
	if errors.As(err, &plain) {
		return errors.New("the server does not speak TLS there: should the URL begin with http: instead of https:?")
	}
	return resource.WithoutURL(err)
}
