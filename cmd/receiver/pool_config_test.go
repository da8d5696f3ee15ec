// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// says waits until the status of a webhook tells of a problem, all parts of it.
func (r *receiver) says(t *testing.T, parts ...string) {
	t.Helper()
	eventually(t, func() string {
		told := r.status(t).Config.Error
		for _, part := range parts {
			if !strings.Contains(told, part) {
				return fmt.Sprintf("config.error is %q, which lacks %q", told, part)
			}
		}
		return ""
	})
}

// forces waits until a webhook has a configuration in force.
func (r *receiver) forces(t *testing.T, c *config.Config) {
	t.Helper()
	eventually(t, func() string {
		if s := r.status(t).Config; s.Error != "" || s.Hash != config.Hash([]byte(text(t, c))) {
			return fmt.Sprintf("the configuration is not in force, error %q", s.Error)
		}
		return ""
	})
}

// TestPoolWithBrokenConfigurations has webhooks that are set up wrongly beside one that is not, which goes on undisturbed.
func TestPoolWithBrokenConfigurations(t *testing.T) {
	t.Parallel()
	sink := serve(t, nil)
	good := one("good", raw("sink", sink.URL))
	v := mountPool(t, map[string]*config.Config{"good": good})
	twin := one("good", raw("sink", nobody))
	mistaken := one("mistaken", raw("sink", sink.URL))
	mistaken.Sinks[0].Format = "XML"
	encrypted := one("encrypted", raw("sink", sink.URL))
	encrypted.Intake.TLS = &config.ServerTLS{CertificateFile: "tls.crt", KeyFile: "tls.key"}
	v.write(t, map[string]string{
		"mistaken/" + configFile:   text(t, mistaken),
		"mistaken/" + currentFile:  secretOf("mistaken"),
		"poor/" + configFile:       text(t, one("poor", raw("sink", sink.URL))), // without a secret
		"rubbish/" + configFile:    "sinks:\n\t- name: erp\n",
		"twin/" + configFile:       text(t, twin),
		"twin/" + currentFile:      secretOf("twin"),
		"Dr.Who/" + configFile:     text(t, one("who", raw("sink", sink.URL))),
		"encrypted/" + configFile:  text(t, encrypted),
		"encrypted/" + currentFile: secretOf("encrypted"),
		"encrypted/tls.crt":        "none",
		"encrypted/tls.key":        "none",
		"secrets/only":             "this is no webhook",
		"file":                     "neither is this",
	})
	r, p := startPool(t, v, t.TempDir()), newPoster(t)
	works := func(t *testing.T) {
		t.Helper()
		event := fresh(t, superoffice.ActivityCreated)
		r.takes(t, p, "good", event)
		sink.gets(t, event)
		if code, body := r.asks(t, "/readyz"); code != http.StatusOK {
			t.Errorf("readiness: %d %s", code, body)
		}
	}
	for name, parts := range map[string][]string{
		"mistaken":  {"mistaken/" + configFile, "sinks[0].format: must be Raw"},
		"poor":      {`secret "current"`, currentFile, "no such file"},
		"rubbish":   {"rubbish/" + configFile, "yaml: line 2"},
		"twin":      {"intake.path", "/hooks/sales/good", `"good" already`},
		"Dr.Who":    {"the folder's name cannot be that of a webhook"},
		"encrypted": {"intake.tls"},
	} {
		t.Run(name+" is not received and says why", func(t *testing.T) {
			m := r.member(name)
			m.says(t, parts...)
			if s := m.status(t); s.Ready || s.Config.Hash != "" || s.Version == "" {
				t.Errorf("the status: %+v", s)
			}
			if code, body := m.asks(t, "/dead-letters"); code != http.StatusServiceUnavailable || !strings.Contains(body, "the webhook is not received: ") {
				t.Errorf("dead letters are answered with %d %s", code, body)
			}
			if got := r.metric(t, fmt.Sprintf(`superoffice_webhook_config_last_reload_successful{webhook=%q}`, name)); got != 0 {
				t.Errorf("metrics tell of %v", got)
			}
			works(t)
		})
	}
	t.Run("SuperOffice is told to try again where the path is known", func(t *testing.T) {
		for name, want := range map[string]int{"mistaken": 503, "poor": 503, "rubbish": 404} {
			event := fresh(t, superoffice.ActivityCreated)
			if code, answer, err := p.post(t.Context(), r.intake+pathOf(name), header(secretOf(name), event), event); err != nil || code != want {
				t.Errorf("%s answers %d %q, error %v, want %d", name, code, answer, err, want)
			}
		}
	})
	t.Run("what is put right is received", func(t *testing.T) {
		right := one("mistaken", raw("sink", sink.URL))
		v.write(t, map[string]string{
			"mistaken/" + configFile: text(t, right),
			"poor/" + currentFile:    secretOf("poor"),
			"rubbish/" + configFile:  text(t, one("rubbish", raw("sink", sink.URL))),
			"rubbish/" + currentFile: secretOf("rubbish"),
		})
		r.member("mistaken").forces(t, right)
		for _, name := range []string{"mistaken", "poor", "rubbish"} {
			eventually(t, func() string { return r.member(name).status(t).Config.Error })
			event := fresh(t, superoffice.ActivityCreated)
			r.takes(t, p, name, event)
			sink.gets(t, event)
		}
	})
	t.Run("a mistake later leaves the former configuration in force", func(t *testing.T) {
		for name, change := range map[string]map[string]string{
			"a mistake":              {"mistaken/" + configFile: text(t, mistaken)},
			"a path that is taken":   {"mistaken/" + configFile: text(t, twin)},
			"a secret that is gone":  {"mistaken/" + currentFile: ""},
			"a file that is missing": {"mistaken/" + configFile: ""},
		} {
			t.Run(name, func(t *testing.T) {
				before := r.member("mistaken").status(t).Config
				v.write(t, change)
				r.member("mistaken").says(t, " ")
				event := fresh(t, superoffice.ActivityCreated)
				r.takes(t, p, "mistaken", event)
				sink.gets(t, event)
				if got := r.member("mistaken").status(t).Config; got.Hash != before.Hash || !got.Loaded.Equal(before.Loaded) {
					t.Errorf("in force is %+v, before it was %+v", got, before)
				}
				works(t)
				v.write(t, folder(t, "mistaken", one("mistaken", raw("sink", sink.URL))))
				eventually(t, func() string { return r.member("mistaken").status(t).Config.Error })
			})
		}
	})
	t.Run("a path becomes free", func(t *testing.T) {
		v.write(t, map[string]string{"good/" + configFile: text(t, one("better", raw("sink", sink.URL)))})
		eventually(t, func() string {
			if code, _, err := p.post(t.Context(), r.intake+pathOf("better"), nil, nil); err != nil || code != http.StatusUnauthorized {
				return fmt.Sprintf("the new path is answered with %d, error %v", code, err)
			}
			return ""
		})
		eventually(t, func() string {
			event := fresh(t, superoffice.ActivityCreated)
			code, _, err := p.post(t.Context(), r.intake+pathOf("good"), header(secretOf("twin"), event), event)
			if err != nil || code != http.StatusOK {
				return fmt.Sprintf("the webhook that waited for the path answers %d, error %v", code, err)
			}
			return ""
		})
	})
}

// TestPoolChanges has webhooks come, change and go while events are posted to another, none of which is refused.
func TestPoolChanges(t *testing.T) {
	t.Parallel()
	steady := serve(t, nil)
	v := mountPool(t, map[string]*config.Config{"steady": one("steady", raw("sink", steady.URL))})
	dir := t.TempDir()
	r, p := startPool(t, v, dir, "--drain-timeout", "1s"), newPoster(t)
	stop := r.member("steady").flood(t, secretOf("steady"))

	sink, other := serve(t, nil), serve(t, nil)
	t.Run("one that comes is received", func(t *testing.T) {
		v.write(t, folder(t, "crm", one("crm", raw("sink", sink.URL))))
		eventually(t, func() string {
			if code, _ := r.member("crm").asks(t, "/status"); code != http.StatusOK {
				return fmt.Sprintf("its status is %d", code)
			}
			return r.member("crm").status(t).Queue.Error
		})
		event := fresh(t, superoffice.ActivityCreated)
		r.takes(t, p, "crm", event)
		sink.gets(t, event)
	})
	t.Run("a secret is replaced without a refusal", func(t *testing.T) {
		stop := r.member("crm").flood(t, secretOf("crm"))
		v.write(t, map[string]string{"crm/" + currentFile: "a new one", "crm/" + previousFile: secretOf("crm")})
		eventually(t, func() string {
			event := fresh(t, superoffice.Test)
			if code, _, err := p.post(t.Context(), r.intake+pathOf("crm"), header("a new one", event), event); err != nil || code != http.StatusOK {
				return fmt.Sprintf("the new secret is answered with %d, error %v", code, err)
			}
			return ""
		})
		accepted := stop()
		r.member("crm").settles(t, "sink")
		if n := len(sink.lacks(accepted)); n > 0 {
			t.Errorf("%d of %d events did not come", n, len(accepted))
		}
		v.write(t, map[string]string{"crm/" + currentFile: secretOf("crm"), "crm/" + previousFile: ""})
	})
	t.Run("a sink is replaced", func(t *testing.T) {
		changed := one("crm", raw("other", other.URL), raw("down", nobody))
		v.write(t, map[string]string{"crm/" + configFile: text(t, changed)})
		r.member("crm").forces(t, changed)
		event := fresh(t, superoffice.ActivityCreated)
		eventually(t, func() string {
			code, _, err := p.post(t.Context(), r.intake+pathOf("crm"), header(secretOf("crm"), event), event)
			if err != nil || code != http.StatusOK {
				return fmt.Sprintf("answered with %d, error %v", code, err)
			}
			return ""
		})
		other.gets(t, event)
		if sink.has(event) {
			t.Error("the former sink got it, too")
		}
	})
	t.Run("one that goes is not received, and leaves nothing behind", func(t *testing.T) {
		v.write(t, map[string]string{"crm/" + configFile: "", "crm/" + currentFile: ""})
		eventually(t, func() string {
			if code, _, err := p.post(t.Context(), r.intake+pathOf("crm"), nil, nil); err != nil || code != http.StatusNotFound {
				return fmt.Sprintf("its path is answered with %d, error %v", code, err)
			}
			return ""
		})
		if got := r.logs(t, "the webhook is gone")["undelivered"]; got != float64(1) {
			t.Errorf("%v events are undelivered, want that of the sink that is down", got)
		}
		eventually(t, func() string {
			if _, body := r.asks(t, "/metrics"); strings.Contains(body, `webhook="crm"`) {
				return "metrics still tell of it"
			}
			return ""
		})
		if code, _ := r.member("crm").asks(t, "/status"); code != http.StatusNotFound {
			t.Errorf("its status is answered with %d", code)
		}
	})
	t.Run("one of the same name begins anew", func(t *testing.T) {
		again := serve(t, nil)
		v.write(t, folder(t, "crm", one("crm", raw("down", again.URL))))
		eventually(t, func() string {
			event := fresh(t, superoffice.ActivityCreated)
			if code, _, err := p.post(t.Context(), r.intake+pathOf("crm"), header(secretOf("crm"), event), event); err != nil || code != http.StatusOK {
				return fmt.Sprintf("answered with %d, error %v", code, err)
			}
			return ""
		})
		r.member("crm").settles(t, "down")
		if got := len(again.got()); got != 1 {
			t.Errorf("its sink got %d events, want the one of now", got)
		}
	})
	accepted := stop()
	r.member("steady").settles(t, "sink")
	if n := len(steady.lacks(accepted)); n > 0 {
		t.Errorf("%d of %d events of the webhook beside did not come", n, len(accepted))
	}
}
