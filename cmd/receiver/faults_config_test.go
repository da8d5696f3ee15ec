// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// TestBrokenConfigurationUnderLoad breaks the configuration while events are posted, and mends it. Each event is answered
// with 200 and delivered.
func TestBrokenConfigurationUnderLoad(t *testing.T) {
	t.Parallel()
	first, second := serve(t, nil), serve(t, nil)
	good, better := settings(raw("erp", first.URL)), settings(raw("erp", second.URL))
	v := mount(t, good)
	r := start(t, v, t.TempDir())
	inForce := func(c *config.Config, problem string, applied, refused float64) {
		t.Helper()
		hash := config.Hash([]byte(text(t, c)))
		eventually(t, func() string {
			s := r.status(t).Config
			if s.Hash != hash || !strings.Contains(s.Error, problem) || problem == "" && s.Error != "" {
				return fmt.Sprintf("want %s in force and the error %q, not %+v", hash, problem, s)
			}
			return ""
		})
		for series, want := range map[string]float64{
			`superoffice_webhook_config_reloads_total{result="applied"}`:  applied,
			`superoffice_webhook_config_reloads_total{result="refused"}`:  refused,
			fmt.Sprintf(`superoffice_webhook_config_info{hash=%q}`, hash): 1,
		} {
			eventually(t, func() string { // it is counted after it is told
				if got := r.metric(t, series); got != want {
					return fmt.Sprintf("%s is %v, want %v", series, got, want)
				}
				return ""
			})
		}
		if code, body := r.asks(t, "/readyz"); code != http.StatusOK {
			t.Errorf("it is not ready: %d %s", code, body)
		}
	}

	stop := r.flood(t, secret)
	inForce(good, "", 0, 0)
	v.write(t, map[string]string{configFile: "sinks: [}"})
	inForce(good, "yaml: ", 0, 1)
	v.write(t, map[string]string{configFile: text(t, better), currentFile: ""})
	inForce(good, "no such file or directory", 0, 2)
	v.write(t, map[string]string{currentFile: secret})
	inForce(better, "", 1, 2)
	accepted := stop()

	r.settles(t, "erp")
	if n := len(second.lacks(first.lacks(accepted))); n > 0 {
		t.Errorf("%d of %d events were acknowledged and never delivered", n, len(accepted))
	}
}
