// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// SuperOffice tries three times within five seconds.
const (
	attempts     = 3
	attemptPause = 1500 * time.Millisecond
	timeout      = 5 * time.Second
)

// sender posts events at a steady rate while it is told to.
type sender struct {
	secret superoffice.Secret
	sample []byte
	id     []byte // the sample's own, which each event replaces

	mu      sync.Mutex
	stop    context.CancelFunc
	running sync.WaitGroup
	report  report
}

// report is how it went. What was not acknowledged may have been stored all the same.
type report struct {
	Posts          int            `json:"posts"`
	Failed         map[string]int `json:"failed"`
	FirstFailures  []string       `json:"firstFailures"`
	Acknowledged   []string       `json:"acknowledged"`
	Unacknowledged []string       `json:"unacknowledged"`
	Slowest        time.Duration  `json:"slowest"`
}

func newSender(secret string) *sender {
	sample, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		panic("the sample is part of the program")
	}
	event, err := superoffice.Parse(sample)
	if err != nil {
		panic("the sample is an event")
	}
	return &sender{
		secret: superoffice.NewSecret([]byte(secret)),
		sample: sample,
		id:     []byte(event.ID),
	}
}

// newClients trust an authority, in PEM, beside those of the image. SuperOffice may keep connections or not; they fare differently
// while pods come and go.
func newClients(authority []byte) ([2]*http.Client, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return [2]*http.Client{}, err
	}
	roots.AppendCertsFromPEM(authority)
	trust := &tls.Config{RootCAs: roots}
	return [2]*http.Client{
		{Timeout: timeout, Transport: &http.Transport{TLSClientConfig: trust, MaxIdleConnsPerHost: 16}},
		{Timeout: timeout, Transport: &http.Transport{TLSClientConfig: trust, DisableKeepAlives: true}},
	}, nil
}

func (s *sender) serve(mux *http.ServeMux) {
	mux.HandleFunc("POST /start", s.start)
	mux.HandleFunc("POST /stop", s.end)
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		tell(w, s.report)
	})
}

// start begins to post to ?url= so many events ?perSecond=, and forgets what was before. The body may have the certificate of an
// authority to trust. It begins when somebody answers there: a node learns of a new Service some time after its pods are ready.
func (s *sender) start(w http.ResponseWriter, r *http.Request) {
	url := r.URL.Query().Get("url")
	perSecond, err := strconv.Atoi(r.URL.Query().Get("perSecond"))
	if err != nil || perSecond < 1 || perSecond > 1000 {
		http.Error(w, "perSecond: from 1 to 1000", http.StatusBadRequest)
		return
	}
	authority, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	clients, err := newClients(authority)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if err := awaitAnswer(r.Context(), clients[0], url); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		http.Error(w, "at it already", http.StatusConflict)
		return
	}
	s.report = report{Failed: map[string]int{}}
	ctx, stop := context.WithCancel(context.Background()) // end calls stop
	s.stop = stop
	s.running.Go(func() { s.post(ctx, clients, url, time.Second/time.Duration(perSecond)) })
}

// awaitAnswer waits until there is any, be it that there is nothing to get.
func awaitAnswer(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err == nil {
			return resp.Body.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// end posts nothing new, waits for what is under way, and tells how it went.
func (s *sender) end(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	stop := s.stop
	s.stop = nil
	s.mu.Unlock()
	if stop == nil {
		http.Error(w, "not at it", http.StatusConflict)
		return
	}
	stop()
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	tell(w, s.report)
}

func (s *sender) post(ctx context.Context, clients [2]*http.Client, url string, pause time.Duration) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.running.Go(func() { s.event(url, clients[n%len(clients)]) })
		}
	}
}

// event posts one event until it is acknowledged, or as often as SuperOffice would.
func (s *sender) event(url string, client *http.Client) {
	id := uuid.NewString()
	body := bytes.Replace(s.sample, s.id, []byte(id), 1)
	for attempt := range attempts {
		if attempt > 0 {
			time.Sleep(attemptPause)
		}
		if s.attempt(url, client, body) {
			s.mu.Lock()
			s.report.Acknowledged = append(s.report.Acknowledged, id)
			s.mu.Unlock()
			return
		}
	}
	s.mu.Lock()
	s.report.Unacknowledged = append(s.report.Unacknowledged, id)
	s.mu.Unlock()
}

func (s *sender) attempt(url string, client *http.Client, body []byte) bool {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		s.note("invalid", err.Error(), 0)
		return false
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set(superoffice.HeaderSignature, superoffice.Sign(s.secret, body))
	began := time.Now()
	resp, err := client.Do(req)
	took := time.Since(began)
	if err != nil {
		s.note("no answer", err.Error(), took)
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		s.note(strconv.Itoa(resp.StatusCode), resp.Status, took)
		return false
	}
	s.note("", "", took)
	return true
}

// note counts a post; one that failed has a kind.
func (s *sender) note(kind, failure string, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Posts++
	s.report.Slowest = max(s.report.Slowest, took)
	if kind == "" {
		return
	}
	s.report.Failed[kind]++
	if len(s.report.FirstFailures) < 5 {
		s.report.FirstFailures = append(s.report.FirstFailures, time.Now().UTC().Format("15:04:05.000 ")+failure)
	}
}
