// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/cluster/agent/atomicdir"
)

// one is the configuration of a webhook of a pool, on a path of its own.
func one(name string, sinks ...config.Sink) *config.Config {
	c := settings(sinks...)
	c.Intake.Path = pathOf(name)
	return c
}

func pathOf(name string) string   { return "/hooks/sales/" + name }
func secretOf(name string) string { return "the secret of " + name }

// folder is what a webhook has in its folder.
func folder(t *testing.T, name string, c *config.Config) map[string]string {
	t.Helper()
	return map[string]string{name + "/" + configFile: text(t, c), name + "/" + currentFile: secretOf(name)}
}

// mountPool makes a volume with a folder for each webhook.
func mountPool(t *testing.T, all map[string]*config.Config) *volume {
	t.Helper()
	dir, err := atomicdir.New(filepath.Join(t.TempDir(), "config"))
	if err != nil {
		t.Fatal(err)
	}
	v := &volume{dir: dir, files: map[string]string{}}
	changes := map[string]string{}
	for name, c := range all {
		maps.Copy(changes, folder(t, name, c))
	}
	v.write(t, changes)
	return v
}

// startPool runs the program for all webhooks of a volume and waits until it receives.
func startPool(t *testing.T, v *volume, dir string, flags ...string) *receiver {
	t.Helper()
	return startPoolOn(t, "", v, dir, flags...)
}

func startPoolOn(t *testing.T, host string, v *volume, dir string, flags ...string) *receiver {
	t.Helper()
	r := launch(t, host, append([]string{
		"--config-dir", v.dir.Path(), "--data-dir", dir, "--intake-address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0",
	}, flags...)...)
	line := r.logs(t, "receiving")
	r.intake, r.admin = fmt.Sprintf("http://%s", line["intake"]), fmt.Sprintf("http://%s", line["admin"])
	return r
}

// member is the receiver as one of its webhooks sees it.
func (r *receiver) member(name string) *receiver {
	return &receiver{Process: r.Process, said: r.said, intake: r.intake + pathOf(name), admin: r.admin + pathOf(name)}
}

// takes posts an event to one webhook, by its own secret, and wants 200.
func (r *receiver) takes(t *testing.T, p *poster, name string, body []byte) {
	t.Helper()
	code, answer, err := p.post(t.Context(), r.intake+pathOf(name), header(secretOf(name), body), body)
	if err != nil || code != http.StatusOK {
		t.Fatalf("%s answers %d %q, error %v", name, code, answer, err)
	}
}

// TestPool is the life of events of three webhooks in one process: none sees anything of another.
func TestPool(t *testing.T) {
	t.Parallel()
	names := []string{"crm", "erp", "bi"}
	sinks := map[string]*endpoint{}
	all := map[string]*config.Config{}
	for _, name := range names {
		sinks[name] = serve(t, nil)
		all[name] = one(name, raw("sink", sinks[name].URL), raw("down", nobody))
	}
	refuses := serve(t, func(w http.ResponseWriter) { w.WriteHeader(http.StatusGone) })
	all["crm"].Sinks[1] = raw("down", refuses.URL)
	r, p := startPool(t, mountPool(t, all), t.TempDir()), newPoster(t)

	t.Run("each event reaches the sinks of its webhook only", func(t *testing.T) {
		const events = 20
		for i := range events {
			for _, name := range names {
				event := body(t, superoffice.ActivityCreated, fmt.Sprintf("%d", i)) // the same id everywhere is no repetition
				r.takes(t, p, name, of(name, event))
			}
		}
		for _, name := range names {
			r.member(name).settles(t, "sink")
			if got := len(sinks[name].got()); got != events {
				t.Errorf("the sink of %s got %d events, want %d", name, got, events)
			}
			for _, got := range sinks[name].got() {
				if !strings.Contains(got.Body, `"ContextIdentifier": "`+name+`"`) {
					t.Errorf("the sink of %s got one of another webhook", name)
				}
			}
		}
	})
	t.Run("the secret of one does not verify at another", func(t *testing.T) {
		event := fresh(t, superoffice.ActivityCreated)
		for _, of := range names {
			for _, at := range names {
				if of == at {
					continue
				}
				if code, _, err := p.post(t.Context(), r.intake+pathOf(at), header(secretOf(of), event), event); err != nil || code != http.StatusUnauthorized {
					t.Errorf("the secret of %s at %s is answered with %d, error %v", of, at, code, err)
				}
			}
		}
		for _, of := range names {
			if got := r.metric(t, fmt.Sprintf(`superoffice_webhook_requests_total{code="401",reason="SignatureMismatch",webhook=%q}`, of)); got != 2 {
				t.Errorf("%v forgeries are counted at %s, want 2", got, of)
			}
		}
	})
	t.Run("dead letters are those of one webhook", func(t *testing.T) {
		rubbish := []byte("this was signed by erp")
		r.takes(t, p, "erp", rubbish)
		crm := r.member("crm")
		crm.settles(t, "down") // its sink refuses for good
		if diff := cmp.Diff([]string{string(rubbish)}, r.member("erp").letters(t)); diff != "" {
			t.Errorf("erp (-want +got)\n%s", diff)
		}
		if got := len(crm.letters(t)); got != 20 {
			t.Errorf("crm has %d dead letters, want those that its sink refused", got)
		}
		if got := r.member("bi").letters(t); len(got) > 0 {
			t.Errorf("bi has dead letters: %q", got)
		}
	})
	t.Run("status and metrics are those of one webhook", func(t *testing.T) {
		for name, dead := range map[string]int64{"crm": 20, "erp": 1, "bi": 0} {
			s := r.member(name).status(t)
			if !s.Ready || s.Queue.DeadLettered != dead || s.Config.Hash != config.Hash([]byte(text(t, all[name]))) {
				t.Errorf("%s: %+v", name, s)
			}
			for series, want := range map[string]int64{
				`superoffice_webhook_queue_dead_letters{webhook=%q}`:              dead,
				`superoffice_webhook_sink_pending_events{sink="sink",webhook=%q}`: 0,
				`superoffice_webhook_config_last_reload_successful{webhook=%q}`:   1,
			} {
				if got := r.metric(t, fmt.Sprintf(series, name)); int64(got) != want {
					t.Errorf("%s of %s is %v, want %d", series, name, got, want)
				}
			}
		}
		if s := r.member("crm").sink(t, "down"); s.DeadLettered != 20 {
			t.Errorf("the sink of crm: %+v", s)
		}
		if s := r.member("bi").sink(t, "down"); s.Pending != 20 || s.DeadLettered != 0 {
			t.Errorf("the sink of bi that is down: %+v", s)
		}
	})
	t.Run("what is of no webhook is told apart", func(t *testing.T) {
		if code, _, err := p.post(t.Context(), r.intake+"/hooks/sales/none", header(secretOf("crm"), nil), nil); err != nil || code != http.StatusNotFound {
			t.Errorf("a path of nobody is answered with %d, error %v", code, err)
		}
		if got := r.metric(t, fmt.Sprintf(`superoffice_webhook_requests_total{code="404",reason=%q}`, intake.PathUnknown)); got != 1 {
			t.Errorf("%v requests to paths of nobody are counted", got)
		}
		for path, want := range map[string]int{"/status": 404, "/hooks/sales/none/status": 404, "/hooks/sales/crm/metrics": 404, "/readyz": 200, "/healthz": 200} {
			if code, body := r.asks(t, path); code != want {
				t.Errorf("%s is answered with %d %s, want %d", path, code, body, want)
			}
		}
	})
}
