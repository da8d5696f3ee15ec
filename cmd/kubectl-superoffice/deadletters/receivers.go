// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// receivers are all that were found. What is asked of them is asked one after the other.
type receivers struct {
	all []*receiver
	// failed are the errors of those that cannot be asked.
	failed []error
	// of says for people whose they are.
	of string
	// unreachable counts those of failed that are not among all.
	unreachable int
}

// receiver is one that can be asked.
type receiver struct {
	name   string // that of its pod, or host and port
	api    *api
	close  func() error
	failed bool
}

func (o *options) open(ctx context.Context) (*receivers, error) {
	if len(o.urls) > 0 {
		return o.openURLs()
	}
	cluster, err := o.access.Connect()
	if err != nil {
		return nil, err
	}
	name := client.ObjectKey{Namespace: cluster.Namespace, Name: o.resource}
	webhook, err := resource.Get(ctx, cluster.Client, name)
	if err != nil {
		return nil, err
	}
	pods, err := resource.RunningPods(ctx, cluster.Client, webhook)
	if err != nil {
		return nil, err
	}
	found := &receivers{of: fmt.Sprintf("SuperOfficeWebhook %s", name)}
	for _, pod := range pods {
		tunnel, err := resource.OpenTunnel(ctx, cluster.Config, pod)
		if err != nil {
			found.failed = append(found.failed, err)
			found.unreachable++
			continue
		}
		found.all = append(found.all, &receiver{name: pod.Name, api: o.newAPI(tunnel.Admin(webhook)), close: tunnel.Close})
	}
	return found, nil
}

func (o *options) openURLs() (*receivers, error) {
	found := &receivers{}
	var names []string
	for _, text := range o.urls {
		u, err := url.Parse(text)
		if err != nil {
			return nil, errors.New("--url: it cannot be read")
		}
		names = append(names, u.Host)
		found.all = append(found.all, &receiver{name: u.Host, api: o.newAPI(u), close: func() error { return nil }})
	}
	found.of = strings.Join(names, ", ")
	return found, nil
}

func (o *options) newAPI(base *url.URL) *api {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &api{base: base, timeout: o.timeout, client: &http.Client{Transport: transport}}
}

// ask does something with each receiver that did not fail before, and notes which do.
func (r *receivers) ask(do func(*receiver) error) {
	for _, one := range r.all {
		if one.failed {
			continue
		}
		if err := do(one); err != nil {
			one.failed = true
			r.failed = append(r.failed, fmt.Errorf("receiver %s: %w", one.name, err))
		}
	}
}

func (r *receivers) close() {
	for _, one := range r.all {
		one.api.client.CloseIdleConnections()
		_ = one.close() // what it was needed for is done
	}
}

func (r *receivers) total() int { return len(r.all) + r.unreachable }

// several tells whether an id alone names no dead letter.
func (r *receivers) several() bool { return r.total() > 1 }

// check refuses names that are none of a receiver, and ids that could mean different dead letters.
func (r *receivers) check(refs []reference) error {
	for _, ref := range refs {
		switch {
		case ref.receiver == "" && r.several():
			return fmt.Errorf("dead letter %d: there are several receivers, and each counts for itself; name it RECEIVER/%d, as list does", ref.id, ref.id)
		case ref.receiver != "" && r.unreachable == 0 && !slices.ContainsFunc(r.all, func(one *receiver) bool { return one.name == ref.receiver }):
			return fmt.Errorf("%s is no receiver of %s", ref.receiver, r.of)
		}
	}
	return nil
}
