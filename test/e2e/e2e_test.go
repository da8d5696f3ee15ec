// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/test/certificate"
)

// TestRealCluster is one story, since each part needs what the former left. Those about a webhook of their own go side by side:
// they wait more than they work.
func TestRealCluster(t *testing.T) {
	stage.authority = certificate.NewAuthority(t)
	if *traefik {
		startTraefik(t)
	}
	step(t, "readme", readme)
	before := objects(t)
	t.Cleanup(func() { cleanUp(t) })
	step(t, "install", install)
	if t.Failed() {
		t.FailNow()
	}
	t.Run("webhooks", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T){
			"sample":    sample,
			"ingress":   throughIngress,
			"gateway":   throughGateway,
			"reload":    reload,
			"rollout":   rollout,
			"drain":     drain,
			"evictions": evictions,
			"hand-over": handOver,
			"volume":    volume,
			"jetstream": jetStream,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				measured(t, name, test)
			})
		}
	})
	step(t, "samples", samples)
	step(t, "chaos", chaos)
	step(t, "upgrade", upgrade)
	step(t, "uninstall", func(t *testing.T) { uninstall(t, before) })
}

func step(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { measured(t, name, test) })
}

func measured(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	began := time.Now()
	defer func() { summary.ended(t, name, time.Since(began)) }()
	test(t)
}

// summary is told at the end.
var summary results

type results struct {
	mu     sync.Mutex
	said   map[string][]string
	order  []string
	result map[string]string
}

// note says what was shown, now and in the summary.
func note(t *testing.T, format string, args ...any) {
	t.Helper()
	text := fmt.Sprintf(format, args...)
	name := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
	_, _ = fmt.Fprintf(os.Stdout, "%s  %-9s  %s\n", time.Now().Format(time.TimeOnly), name, text)
	summary.mu.Lock()
	defer summary.mu.Unlock()
	if summary.said == nil {
		summary.said = map[string][]string{}
	}
	summary.said[name] = append(summary.said[name], text)
}

// skip says why, and leaves a part out.
func skip(t *testing.T, why string) {
	t.Helper()
	note(t, "%s", why)
	t.SkipNow()
}

func (r *results) ended(t *testing.T, name string, took time.Duration) {
	t.Helper()
	outcome := "ok"
	switch {
	case t.Failed():
		outcome = "FAILED"
	case t.Skipped():
		outcome = "skipped"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.result == nil {
		r.result = map[string]string{}
	}
	r.order = append(r.order, name)
	r.result[name] = fmt.Sprintf("%-7s %6s", outcome, took.Round(time.Second))
}

func (r *results) print(out io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintln(out, "\nEnd to end:")
	for _, name := range r.order {
		said := r.said[name]
		if len(said) == 0 {
			said = []string{""}
		}
		_, _ = fmt.Fprintf(out, "  %-9s  %s  %s\n", name, r.result[name], said[0])
		for _, more := range said[1:] {
			_, _ = fmt.Fprintf(out, "  %28s%s\n", "", more)
		}
	}
}
