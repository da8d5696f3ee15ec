// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// between is the time from one scrape to the next. It is played as a minute.
	between = 500 * time.Millisecond
	speed   = int(time.Minute / between)
)

// phase is a while in which something is so.
type phase struct {
	name string
	// scrapes are how many it lasts.
	scrapes int
	begin   func(t *testing.T, s *stage)
	// each happens before each scrape.
	each func(t *testing.T, s *stage)
	// firing are the alerts at its end.
	firing []string
}

// phases are what a webhook may go through.
func phases() []phase {
	return []phase{
		{
			name: "all is well", scrapes: 25, each: post,
		},
		{
			name: "a sink is down", scrapes: 25, each: post,
			begin:  func(_ *testing.T, s *stage) { s.answer.Store(http.StatusServiceUnavailable) },
			firing: []string{"SuperOfficeSinkBehind", "SuperOfficeSinkDown"},
		},
		{
			name: "it is back", scrapes: 15, each: post,
			begin: func(_ *testing.T, s *stage) { s.answer.Store(http.StatusOK) },
		},
		{
			name: "it refuses an event for good", scrapes: 3, each: post,
			begin:  func(_ *testing.T, s *stage) { s.answer.Store(http.StatusBadRequest) },
			firing: []string{"SuperOfficeDeadLetters"},
		},
		{
			name: "the secret in SuperOffice is another one", scrapes: 30,
			begin:  func(_ *testing.T, s *stage) { s.answer.Store(http.StatusOK) },
			each:   func(t *testing.T, s *stage) { s.post(t, "another secret", "") },
			firing: []string{"SuperOfficeDeadLetters", "SuperOfficeSecretDiffers"},
		},
		{
			name: "a sink is down until the queue is full", scrapes: 25,
			begin: func(_ *testing.T, s *stage) { s.answer.Store(http.StatusServiceUnavailable) },
			each: func(t *testing.T, s *stage) {
				for range 4 {
					s.post(t, secret, strings.Repeat("x", 200<<10))
				}
			},
			firing: []string{
				"SuperOfficeDeadLetters", "SuperOfficeQueueFills", "SuperOfficeRequestsFail", "SuperOfficeSinkBehind", "SuperOfficeSinkDown",
			},
		},
		{
			name: "a configuration is refused, while the sink is back", scrapes: 25, each: post,
			begin: func(t *testing.T, s *stage) {
				s.answer.Store(http.StatusOK)
				if err := os.WriteFile(filepath.Join(s.folder, "receiver.yaml"), []byte("apiVersion: none\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			firing: []string{"SuperOfficeConfigRefused", "SuperOfficeDeadLetters"},
		},
	}
}

func post(t *testing.T, s *stage) {
	t.Helper()
	s.post(t, secret, "")
	s.post(t, secret, "")
}

// post sends an event as SuperOffice would, whatever the answer.
func (s *stage) post(t *testing.T, secret, ballast string) {
	t.Helper()
	s.events++
	body := fmt.Sprintf(`{"EventId": "00000000-0000-4000-8000-%012d", "Timestamp": "2026-01-01T12:00:00Z", "Changes": [%q], `+
		`"Event": "activity.changed", "PrimaryKey": %d, "Entity": "activity", "ContextIdentifier": "Cust12345", `+
		`"ChangedByAssociateId": 5, "WebhookName": "recording"}`, s.events, ballast, s.events)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.intake, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("X-Superoffice-Signature", superoffice.Sign(superoffice.NewSecret([]byte(secret)), []byte(body)))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}
