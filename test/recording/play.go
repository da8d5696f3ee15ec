// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/superoffice-webhook/operator/test/series"
	"github.com/superoffice-webhook/operator/test/terminal"
)

// play is the cluster with all that takes part.
type play struct {
	*terminal.Terminal
	sinks *sinks
}

// webhooks are what is recorded, with how many events a second each of their receivers gets.
var webhooks = []struct {
	namespace, name string
	rate            int
	sinks           []string
}{
	{"sales", "crm", 6, []string{"erp", "warehouse"}},
	{"service", "tickets", 3, []string{"helpdesk"}},
	{"finance", "projects", 1, []string{"ledger"}},
}

// sinks are HTTP endpoints at paths of their own.
type sinks struct {
	*httptest.Server
	down, picky atomic.Bool
}

func startSinks() *sinks {
	s := &sinks{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch {
		case r.URL.Path == "/erp" && s.down.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/helpdesk" && s.picky.Load():
			http.Error(w, "no such customer", http.StatusBadRequest)
		}
	}))
	return s
}

func (p *play) install(ctx context.Context) error {
	manifest := ""
	for _, w := range webhooks {
		manifest += fmt.Sprintf(`
kind: Namespace
apiVersion: v1
metadata: {name: %[1]s}
---
kind: Secret
apiVersion: v1
metadata: {name: webhook, namespace: %[1]s}
stringData: {secret: Name you provided}
---
kind: SuperOfficeWebhook
apiVersion: webhooks.superoffice.dev/v1alpha1
metadata: {name: %[2]s, namespace: %[1]s}
spec:
  secret: {name: webhook}
  sinks:
`, w.namespace, w.name)
		for _, sink := range w.sinks {
			manifest += fmt.Sprintf("  - {name: %s, http: {url: %s/%[1]s}, delivery: {retry: {backoff: {max: 20s}}}}\n", sink, p.sinks.URL)
		}
		manifest += "---\n"
	}
	if err := os.WriteFile(filepath.Join(p.Folder, "webhooks.yaml"), []byte(manifest), 0o600); err != nil {
		return err
	}
	_, err := p.Run(ctx, `kubectl apply --server-side -k test/demo/manifests/operator
		kubectl wait --for=condition=Available deployment --all --namespace=superoffice-webhook-system --timeout=180s
		kubectl apply --server-side -f webhooks.yaml
		kubectl wait --for=condition=Ready superofficewebhooks --all --all-namespaces --timeout=180s
		printf 'Name you provided' >secret.txt`)
	return err
}

// act is what happens at a scrape.
func (p *play) act(ctx context.Context, scrape int) error {
	switch scrape {
	case 10, 36:
		p.sinks.down.Store(true)
	case 22:
		p.sinks.down.Store(false)
	case 26, 29:
		p.sinks.picky.Store(scrape == 26)
	case 30:
		_, err := p.Run(ctx, "kubectl superoffice send crm --namespace sales --forge -n 40 --rate 20")
		return err
	case 32:
		_, err := p.Run(ctx, `kubectl patch superofficewebhook crm --namespace sales --type merge --patch '{"spec":{"tenants":["Cust12345","Default"]}}'`)
		return err
	}
	return nil
}

// target is what Prometheus would scrape.
type target struct{ url, labels, intake string }

func (p *play) targets(ctx context.Context) ([]target, error) {
	out, err := p.Run(ctx, `kubectl get pods --all-namespaces --output jsonpath='{range .items[*]}{.metadata.namespace} {.metadata.name} `+
		`{.metadata.labels.webhooks\.superoffice\.dev/webhook}{"\n"}{end}'`)
	if err != nil {
		return nil, err
	}
	var all []target
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		address, err := p.PodAddress(words[0], words[1])
		if err != nil {
			return nil, err
		}
		labels := fmt.Sprintf("namespace=%q,pod=%q,instance=%q", words[0], words[1], address)
		if len(words) == 2 {
			all = append(all, target{url: "http://" + address + ":8080/metrics", labels: labels})
			continue
		}
		all = append(all, target{
			url: "http://" + address + ":8081/metrics", intake: "http://" + address + ":8080/webhook",
			labels: labels + fmt.Sprintf(",webhook=%q", words[2]),
		})
	}
	return all, nil
}

// post has events sent to each receiver, until the context ends.
func (p *play) post(ctx context.Context, targets []target) {
	for _, t := range targets {
		for _, w := range webhooks {
			if t.intake == "" || !strings.Contains(t.labels, fmt.Sprintf("webhook=%q", w.name)) {
				continue
			}
			cmd := p.Command(ctx, fmt.Sprintf("exec kubectl-superoffice send --url %s --secret-file secret.txt -n 1000000 --rate %d", t.intake, w.rate))
			go func() { _ = cmd.Run() }()
		}
	}
}

// scrape reads all targets. Times become those of a world that begins in 1970.
func scrape(ctx context.Context, targets []target, wanted func(string) bool, started time.Time) (map[string]float64, error) {
	all := map[string]float64{}
	for _, t := range targets {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url, http.NoBody)
		if err != nil {
			return nil, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		values, err := series.Read(response.Body, t.labels, wanted)
		_ = response.Body.Close()
		if err != nil {
			return nil, err
		}
		maps.Copy(all, values)
	}
	for name, value := range all {
		if metric, _, _ := strings.Cut(name, "{"); strings.HasSuffix(metric, "_timestamp_seconds") {
			all[name] = value - float64(started.UnixMilli())/1000
		}
	}
	return all, nil
}
