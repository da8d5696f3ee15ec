// SPDX-License-Identifier: Apache-2.0

package tail

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/feed"
)

const (
	// lookAgain is how often it looks for receivers that came, or that it lost.
	lookAgain = 3 * time.Second
	// maxLine is more than an event with the largest body takes in base64.
	maxLine = 4 << 20
)

// heard is something that a receiver told.
type heard struct {
	Receiver string `json:"receiver"`
	feed.Event
}

// source is a receiver to listen to.
type source struct {
	name string
	// open makes a way to its admin port.
	open func(ctx context.Context) (base *url.URL, closing func(), err error)
}

// sources returns what finds the receivers, each time it is called.
func (o *options) sources(ctx context.Context) (func(ctx context.Context) ([]source, error), error) {
	if len(o.urls) > 0 {
		return func(context.Context) ([]source, error) { return ofURLs(o.urls), nil }, nil
	}
	cluster, err := o.access.Connect()
	if err != nil {
		return nil, err
	}
	name := client.ObjectKey{Namespace: cluster.Namespace, Name: o.name}
	webhook, err := resource.Get(ctx, cluster.Client, name)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) ([]source, error) {
		pods, err := resource.RunningPods(ctx, cluster.Client, webhook)
		var found []source
		for _, pod := range pods {
			found = append(found, source{pod.Name, func(ctx context.Context) (*url.URL, func(), error) {
				tunnel, err := resource.OpenTunnel(ctx, cluster.Config, pod)
				if err != nil {
					return nil, nil, err
				}
				return tunnel.Admin(webhook), func() { _ = tunnel.Close() }, nil
			}})
		}
		return found, err
	}, nil
}

func ofURLs(urls []string) (found []source) {
	for _, text := range urls {
		base, err := url.Parse(text)
		if err != nil { // it was checked before
			continue
		}
		found = append(found, source{base.Host, func(context.Context) (*url.URL, func(), error) { return base, func() {}, nil }})
	}
	return found
}

// listeners listen to all receivers at the same time.
type listeners struct {
	find   func(ctx context.Context) ([]source, error)
	bodies bool
	events chan heard
	notes  chan string

	running sync.WaitGroup
	mu      sync.Mutex
	active  map[string]bool
}

func newListeners(find func(ctx context.Context) ([]source, error), bodies bool) *listeners {
	return &listeners{find: find, bodies: bodies, events: make(chan heard), notes: make(chan string), active: map[string]bool{}}
}

// begin listens to those that are there, one of which at least must let it, and goes on with those that come.
func (l *listeners) begin(ctx context.Context) error {
	found, err := l.find(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, s := range found {
		if err := l.start(ctx, s); err != nil {
			failures = append(failures, fmt.Errorf("receiver %s: %w", s.name, err))
		}
	}
	if len(failures) == len(found) {
		return errors.Join(failures...)
	}
	l.running.Go(func() {
		for _, failure := range failures {
			l.tell(ctx, failure.Error())
		}
		l.look(ctx)
	})
	l.running.Go(func() {
		l.tell(ctx, fmt.Sprintf("listening to %d of %d receivers", len(found)-len(failures), len(found)))
	})
	return nil
}

// wait returns when nobody listens any more, after the context has ended.
func (l *listeners) wait() { l.running.Wait() }

// look takes up receivers that came, such as those of a rollout.
func (l *listeners) look(ctx context.Context) {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		found, err := l.find(ctx)
		if err != nil {
			continue // none runs, or not to be seen: it looks again
		}
		for _, s := range found {
			if !l.isActive(s.name) && l.start(ctx, s) == nil {
				l.tell(ctx, "listening to receiver "+s.name)
			}
		}
	}
}

func (l *listeners) isActive(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active[name]
}

func (l *listeners) setActive(name string, active bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active[name] = active
}

// start returns when it listens.
func (l *listeners) start(ctx context.Context, s source) error {
	base, closing, err := s.open(ctx)
	if err != nil {
		return err
	}
	transport := &http.Transport{}
	lines, err := l.ask(ctx, transport, base)
	if err != nil {
		transport.CloseIdleConnections()
		closing()
		return err
	}
	l.setActive(s.name, true)
	l.running.Go(func() {
		defer closing()
		defer transport.CloseIdleConnections()
		defer lines.Close() //nolint:errcheck // nothing was written
		defer l.setActive(s.name, false)
		l.read(ctx, s.name, lines)
		if ctx.Err() == nil {
			l.tell(ctx, "receiver "+s.name+" has ended the stream")
		}
	})
	return nil
}

func (l *listeners) ask(ctx context.Context, transport http.RoundTripper, base *url.URL) (io.ReadCloser, error) {
	target := base.JoinPath("events")
	if l.bodies {
		target.RawQuery = "bodies=true"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return nil, resource.WithoutURL(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, resource.WithoutURL(err)
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	var failure deadletter.Failure
	if err := json.NewDecoder(io.LimitReader(response.Body, maxLine)).Decode(&failure); err != nil || failure.Error == "" {
		return nil, fmt.Errorf("it answers %s: is that the admin port of a receiver of this version?", response.Status)
	}
	return nil, errors.New(failure.Error)
}

func (l *listeners) read(ctx context.Context, name string, from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 { // it is alive
			continue
		}
		e := heard{Receiver: name}
		if json.Unmarshal(lines.Bytes(), &e.Event) != nil {
			l.tell(ctx, "receiver "+name+" says something that is no event")
			return
		}
		select {
		case l.events <- e:
		case <-ctx.Done():
			return
		}
	}
}

func (l *listeners) tell(ctx context.Context, note string) {
	select {
	case l.notes <- note:
	case <-ctx.Done():
	}
}
