// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/status"
)

const (
	// timeout of one question. A receiver answers from memory within milliseconds.
	timeout = 3 * time.Second
	// maxAnswer is far above the status of 16 sinks.
	maxAnswer = 1 << 20
)

// Receiver is a pod that is asked.
type Receiver struct {
	// Pod is its name.
	Pod string
	// IP and Port of its admin server.
	IP   string
	Port int
	// Path of what its admin server tells about the resource; empty where it tells about no other.
	Path string
	// Ready tells whether the Service leads to it.
	Ready bool
}

// Answer is what a receiver told: its Status, or why there is none.
type Answer struct {
	Receiver
	Status *status.Status
	Err    error
}

// TellsDelivery tells whether there is something to be known of the queue and of sinks.
func (a Answer) TellsDelivery() bool { return a.Status != nil && !a.Status.Opening }

// client opens a connection for each question, because they are rare and pods come and go. Its transport knows no proxy:
// none stands between the operator and a pod.
var client = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true},
	Timeout:   timeout,
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

// Ask asks all receivers at the same time and returns their answers in the same order.
func Ask(ctx context.Context, receivers []Receiver) []Answer {
	answers := make([]Answer, len(receivers))
	var asked sync.WaitGroup
	for i, r := range receivers {
		asked.Go(func() {
			s, err := ask(ctx, r)
			answers[i] = Answer{Receiver: r, Status: s, Err: err}
		})
	}
	asked.Wait()
	return answers
}

func ask(ctx context.Context, r Receiver) (*status.Status, error) {
	var s status.Status
	if err := exchange(ctx, r, http.MethodGet, "/status", http.NoBody, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// exchange sends a request to a receiver's admin server and reads the document that it answers with.
func exchange(ctx context.Context, r Receiver, method, path string, body io.Reader, into any) error {
	target := url.URL{Scheme: "http", Host: net.JoinHostPort(r.IP, strconv.Itoa(r.Port)), Path: r.Path + path}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return unwrapURL(err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing was written
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// unwrapURL leaves out the address, which changes with each pod and says nothing to a reader.
func unwrapURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
