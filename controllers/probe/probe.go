// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// Timeout is how long one attempt may take.
	Timeout = 10 * time.Second
	// maxAnswer is how much of an answer is read.
	maxAnswer = 4 << 10
	// answer is how a receiver's answer to a test event begins. Whoever else says 200 is not a receiver.
	answer = "test event received"
	// userAgent tells people who read access logs where these requests come from.
	userAgent = "superoffice-webhook-operator (probe)"
)

// Result is what came of an attempt, in the terms of a condition.
type Result struct {
	Status  meta.ConditionStatus
	Reason  string
	Message string
}

func failed(reason, format string, args ...any) Result {
	return Result{meta.ConditionFalse, reason, fmt.Sprintf(format, args...)}
}

// Post posts a test event, signed with the secret.
func Post(ctx context.Context, transport http.RoundTripper, url string, secret superoffice.Secret) Result {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	request, err := newRequest(ctx, url, secret)
	if err != nil {
		return failed(v1alpha1.ReasonConnectionFailed, "%s is no URL to post to", url)
	}
	response, err := transport.RoundTrip(request) // a client would follow redirects
	if err != nil {
		return explain(request.URL.Hostname(), err)
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return explain(request.URL.Hostname(), err)
	}
	return judge(response.StatusCode, string(body))
}

// newRequest makes the test event of https://docs.superoffice.com/en/automation/webhook/reference/test-event.html.
func newRequest(ctx context.Context, url string, secret superoffice.Secret) (*http.Request, error) {
	id := uuid.NewString()
	body, err := json.MarshalIndent(map[string]any{
		"EventId":              id,
		"Timestamp":            time.Now().UTC().Format("2006-01-02T15:04:05.9999999Z"),
		"Changes":              []string{},
		"Event":                "test",
		"PrimaryKey":           0,
		"Entity":               "test",
		"ContextIdentifier":    "Default",
		"ChangedByAssociateId": 0,
		"WebhookName":          userAgent,
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set(superoffice.HeaderEvent, "test")
	request.Header.Set(superoffice.HeaderEventID, id)
	request.Header.Set(superoffice.HeaderTest, "true")
	request.Header.Set(superoffice.HeaderSignature, superoffice.Sign(secret, body))
	return request, nil
}

// judge tells nothing of the body: it may come from anybody whom the host's name leads to.
func judge(status int, body string) Result {
	switch {
	case status == http.StatusOK && strings.HasPrefix(body, answer):
		return Result{meta.ConditionTrue, v1alpha1.ReasonAnswered, "a signed test event was answered with 200"}
	case status == http.StatusOK:
		return failed(v1alpha1.ReasonWrongAnswer, "a test event was answered with 200, but not by a receiver: something else serves this URL")
	case status == http.StatusUnauthorized:
		return failed(v1alpha1.ReasonSignatureRefused, "a signed test event was answered with 401: receivers have not taken over the secret yet, or something on the way changes the body or wants a login")
	case status >= 300 && status < 400:
		return failed(v1alpha1.ReasonUnexpectedStatus, "a test event was answered with a redirect (%d), which SuperOffice may not follow", status)
	}
	return failed(v1alpha1.ReasonUnexpectedStatus, "a test event was answered with %s instead of 200", statusText(status))
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
