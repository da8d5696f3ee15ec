// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestPoolKill kills the process of three webhooks again and again while events are posted to each. What was acknowledged of
// any comes to its sink, which takes only two of three requests.
func TestPoolKill(t *testing.T) {
	t.Parallel()
	const events, deaths = 600, 4 // events of each webhook
	names := []string{"crm", "erp", "bi"}
	sinks, all := map[string]*endpoint{}, map[string]*config.Config{}
	for _, name := range names {
		var n atomic.Int64
		sinks[name] = serve(t, func(w http.ResponseWriter) {
			if n.Add(1)%3 == 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		all[name] = one(name, raw("sink", sinks[name].URL))
	}
	v, dir := mountPool(t, all), t.TempDir()
	// An address of its own: whoever gets the port of a process that was killed must not answer in its stead.
	host := fmt.Sprintf("127.21.%d.%d", os.Getpid()>>8&0xff, os.Getpid()&0xff)
	r := startPoolOn(t, host, v, dir)
	var address atomic.Pointer[string]
	address.Store(&r.intake)

	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	acked := make(chan struct{}, events*len(names))
	accepted := make([][]string, len(names))
	var posting sync.WaitGroup
	for i, name := range names {
		p := newPoster(t)
		posting.Go(func() {
			for n := range events {
				event := of(name, body(t, superoffice.ActivityChanged, fmt.Sprint(n)))
				for ctx.Err() == nil {
					code, _, err := p.post(ctx, *address.Load()+pathOf(name), header(secretOf(name), event), event)
					if err == nil && code == http.StatusOK {
						accepted[i] = append(accepted[i], string(event))
						acked <- struct{}{}
						break
					}
					select {
					case <-time.After(retryPause):
					case <-ctx.Done():
					}
				}
			}
		})
	}
	for range deaths {
		for range events * len(names) / (deaths + 1) {
			select {
			case <-acked:
			case <-ctx.Done():
				t.Fatal("too few events are accepted in time")
			}
		}
		r.kill()
		r = startPoolOn(t, host, v, dir)
		address.Store(&r.intake)
	}
	posting.Wait()
	for i, name := range names {
		r.member(name).settles(t, "sink")
		if len(accepted[i]) != events {
			t.Errorf("%d events of %s were accepted, want %d", len(accepted[i]), name, events)
		}
		if n := len(sinks[name].lacks(accepted[i])); n > 0 {
			t.Errorf("%d events of %s were acknowledged and never delivered", n, name)
		}
	}
	r.terminate()
	if code := r.exits(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestPoolHandOver ends the process of three webhooks in order: what is left goes to the other process, each to the address of
// its own webhook. That nobody takes what is left of one holds up none of the others.
func TestPoolHandOver(t *testing.T) {
	t.Parallel()
	const events = 50
	names := []string{"crm", "erp"}
	sinks, here, there := map[string]*endpoint{}, map[string]*config.Config{}, map[string]*config.Config{}
	for _, name := range names {
		sinks[name] = serve(t, nil)
		there[name] = one(name, raw("sink", sinks[name].URL))
	}
	peer := startPool(t, mountPool(t, there), t.TempDir())
	for _, name := range names {
		here[name] = one(name, raw("sink", nobody))
		here[name].HandOver.URL = peer.intake + pathOf(name)
	}
	here["lonely"] = one("lonely", raw("sink", nobody))
	here["lonely"].HandOver.URL = peer.intake + pathOf("lonely")
	r := startPool(t, mountPool(t, here), t.TempDir(), "--drain-timeout", "1s")
	p := newPoster(t)
	kept := map[string][]string{}
	for n := range events {
		for name := range here {
			event := of(name, body(t, superoffice.ActivityChanged, fmt.Sprint(n)))
			r.takes(t, p, name, event)
			kept[name] = append(kept[name], string(event))
		}
	}
	r.terminate()
	if code := r.exits(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, name := range names {
		peer.member(name).settles(t, "sink")
		if n := len(sinks[name].lacks(kept[name])); n > 0 {
			t.Errorf("%d events of %s did not come", n, name)
		}
		if got := len(sinks[name].got()); got != events {
			t.Errorf("the sink of %s got %d events, want %d", name, got, events)
		}
		if got := peer.metric(t, fmt.Sprintf(`superoffice_webhook_requests_total{code="200",reason="TakenOver",webhook=%q}`, name)); got != events {
			t.Errorf("%v events of %s were taken over, want %d", got, name, events)
		}
	}
	if line := r.logs(t, "what is left could not all be handed over to another receiver"); line["webhook"] != "lonely" {
		t.Errorf("it says %v", line)
	}
}
