// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/status"
)

const (
	// askTimeout is how long a receiver may take to tell its status. It answers from memory.
	askTimeout = 10 * time.Second
	// maxDocument is far above the status of 16 sinks, and above all metrics.
	maxDocument = 4 << 20
)

// Receiver is a pod of a resource, and what it told of itself.
type Receiver struct {
	Pod   string
	Ready bool
	// State says in a word or two why it is not ready; empty while it is.
	State string
	// Status is what it told; nil when it could not be asked, for the reason Err.
	Status *status.Status
	Err    error
	// Verified counts the signatures that verified since it started, by the slot of the secret.
	Verified map[string]int64
}

// Receivers finds all receiver pods, by name, and asks those that run through tunnels of their own, all at a time.
func Receivers(ctx context.Context, cluster *Cluster, webhook *v1alpha1.SuperOfficeWebhook) ([]Receiver, error) {
	pods, err := receiverPods(ctx, cluster.Client, webhook)
	if err != nil {
		return nil, err
	}
	receivers := make([]Receiver, len(pods))
	var asked sync.WaitGroup
	for i := range pods {
		asked.Go(func() { receivers[i] = receiverOf(ctx, cluster, webhook, &pods[i]) })
	}
	asked.Wait()
	return receivers, nil
}

func receiverOf(ctx context.Context, cluster *Cluster, webhook *v1alpha1.SuperOfficeWebhook, pod *corev1.Pod) Receiver {
	r := Receiver{Pod: pod.Name, Ready: isReady(pod), State: stateOf(pod)}
	if pod.Status.Phase != corev1.PodRunning {
		r.Err = errors.New("it does not run")
		return r
	}
	at, err := podWithPort(pod, adminPortName)
	if err != nil {
		r.Err = err
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	tunnel, err := OpenTunnel(ctx, cluster.Config, at)
	if err != nil {
		r.Err = err
		return r
	}
	defer func() { _ = tunnel.Close() }() // what it was needed for is done
	r.Err = r.ask(ctx, tunnel.Address, webhook)
	return r
}

// stateOf is the reason that kubectl shows for a pod.
func stateOf(pod *corev1.Pod) string {
	switch {
	case isReady(pod):
		return ""
	case pod.DeletionTimestamp != nil:
		return "Terminating"
	}
	for i := range pod.Status.ContainerStatuses {
		if waiting := pod.Status.ContainerStatuses[i].State.Waiting; waiting != nil && waiting.Reason != "" {
			return waiting.Reason
		}
	}
	if pod.Status.Phase == corev1.PodRunning {
		return "NotReady"
	}
	return string(pod.Status.Phase)
}

func (r *Receiver) ask(ctx context.Context, address string, webhook *v1alpha1.SuperOfficeWebhook) error {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	var told status.Status
	err := fetch(ctx, transport, address, adminPath(webhook)+"/status", func(body io.Reader) error { return json.NewDecoder(body).Decode(&told) })
	if err != nil {
		return err
	}
	r.Status, r.Verified = &told, map[string]int64{}
	member := ""
	if webhook.Spec.Receiver.Pool != "" {
		member = webhook.Name
	}
	return fetch(ctx, transport, address, "/metrics", func(body io.Reader) error { return r.readVerified(body, member) })
}

// verified is the line of a metric; reading all of the format would take a library to get one number. Only receivers of a
// pool say which webhook it is about.
var verified = regexp.MustCompile(`^superoffice_webhook_signatures_verified_total\{secret="([^"]*)"(?:,webhook="([^"]*)")?\} ([0-9.e+]+)$`)

func (r *Receiver) readVerified(body io.Reader, member string) error {
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		if found := verified.FindStringSubmatch(lines.Text()); len(found) == 4 && found[2] == member {
			n, err := strconv.ParseFloat(found[3], 64)
			if err != nil {
				return err
			}
			r.Verified[found[1]] = int64(n)
		}
	}
	return lines.Err()
}

func fetch(ctx context.Context, transport http.RoundTripper, address, path string, read func(io.Reader) error) error {
	target := url.URL{Scheme: "http", Host: address, Path: path}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", path, WithoutURL(err))
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask for %s: it answers %s", path, response.Status)
	}
	if err := read(io.LimitReader(response.Body, maxDocument)); err != nil {
		return fmt.Errorf("ask for %s: %w", path, err)
	}
	return nil
}
