// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// scrape asks for the metrics, without those of Go and the process: values by their names with labels, as they are written.
func (r *running) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	answer, err := http.Get("http://" + r.AdminAddress() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %q, error %v", answer.Status, text, err)
	}
	found := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		if line, ours := strings.CutPrefix(strings.TrimSpace(line), "superoffice_webhook_"); ours {
			name, value, _ := strings.Cut(line, " ")
			if found[name], err = strconv.ParseFloat(value, 64); err != nil {
				t.Fatal(err)
			}
		}
	}
	return found
}

// tells waits until the metrics say all of this.
func (r *running) tells(t *testing.T, want map[string]float64) {
	t.Helper()
	eventually(t, func() string {
		got := r.scrape(t)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if value, ok := got[name]; !ok || value != want[name] {
				return fmt.Sprintf("%s is %v (there: %t), want %v", name, value, ok, want[name])
			}
		}
		return ""
	})
}

// forgets waits until no metric has this in its name or labels.
func (r *running) forgets(t *testing.T, text string) {
	t.Helper()
	eventually(t, func() string {
		for name := range r.scrape(t) {
			if strings.Contains(name, text) {
				return name + " is still there"
			}
		}
		return ""
	})
}

// posted is a request; without a secret it is not signed.
type posted struct {
	path, secret, body string
	test               bool
}

// post returns the status that is answered.
func (r *running) post(t *testing.T, p posted) int {
	t.Helper()
	url := "http://" + r.IntakeAddress() + cmp.Or(p.path, "/webhook")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	request.Header.Set("Expect", "100-continue") // a body that is refused unread would break the connection it is written to
	if p.secret != "" {
		request.Header.Set(superoffice.HeaderSignature, superoffice.Sign(superoffice.NewSecret([]byte(p.secret)), []byte(p.body)))
	}
	if p.test {
		request.Header.Set(superoffice.HeaderTest, "true")
	}
	answer, err := (&http.Transport{ExpectContinueTimeout: patience}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// event is one of so many bytes.
func event(id string, size int) string {
	body := fmt.Sprintf(`{"EventId":%q,"Event":"activity.created","PrimaryKey":7}`, id)
	return body + strings.Repeat(" ", max(0, size-len(body)))
}

// replace changes a file as a whole, so that nobody reads half of it and counts that as a change of its own.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestMetricsOfRequests(t *testing.T) {
	t.Parallel()
	const old = "the secret before"
	file := settings(t, func(c *config.Config) {
		c.Intake.Secrets = append(c.Intake.Secrets, config.SharedSecret{Name: "previous", File: "previous", Optional: true})
		c.Sinks = []config.Sink{to("down", nobody)}
	})
	previous := filepath.Join(filepath.Dir(file), "previous")
	write(t, previous, old)
	r := run(t, Options{ConfigFile: file, DataDir: t.TempDir()})
	r.tells(t, map[string]float64{ // before the first, so that its rate is known
		`requests_total{code="200",reason="Stored"}`:                               0,
		`requests_total{code="503",reason="QueueFull"}`:                            0,
		`signatures_verified_total{secret="current"}`:                              0,
		`signatures_verified_total{secret="previous"}`:                             0,
		`request_duration_seconds_count`:                                           0,
		`request_body_bytes_count`:                                                 0,
		`consecutive_failures`:                                                     0,
		`config_reloads_total{result="applied"}`:                                   0,
		`queue_dead_letters`:                                                       0,
		`sink_pending_events{sink="down"}`:                                         0,
		`config_last_reload_successful`:                                            1,
		`config_info{hash="` + r.snapshot().Hash + `"}`:                            1,
		`request_body_bytes_bucket{le="256"}`:                                      0,
		`request_body_bytes_bucket{le="1.048576e+06"}`:                             0,
		`request_duration_seconds_bucket{le="26.2144"}`:                            0,
		`delivery_attempt_duration_seconds_count{outcome="delivered",sink="down"}`: 0,
	})
	for i, p := range []posted{
		{secret: secret, body: event("1", 0)},
		{secret: secret, body: event("2", 2000)},
		{secret: secret, body: event("2", 2000)},
		{secret: old, body: event("3", 500)},
		{secret: "a guess", body: event("4", 500)},
		{body: event("5", 500), test: true},
		{secret: secret, body: event("6", 0), path: "/other"},
	} {
		want := []int{200, 200, 200, 200, 401, 200, 404}[i]
		if got := r.post(t, p); got != want {
			t.Errorf("request %d is answered with %d, want %d", i, got, want)
		}
	}
	r.tells(t, map[string]float64{
		`requests_total{code="200",reason="Stored"}`:            3,
		`requests_total{code="200",reason="Duplicate"}`:         1,
		`requests_total{code="200",reason="TestEvent"}`:         1,
		`requests_total{code="401",reason="SignatureMismatch"}`: 1,
		`requests_total{code="404",reason="PathUnknown"}`:       1,
		`signatures_verified_total{secret="current"}`:           3,
		`signatures_verified_total{secret="previous"}`:          1,
		`request_duration_seconds_count`:                        7,
		`request_body_bytes_bucket{le="256"}`:                   1,
		`request_body_bytes_bucket{le="1024"}`:                  4,
		`request_body_bytes_count`:                              6, // that of another path was not read
		`request_body_bytes_sum`:                                float64(len(event("1", 0)) + 2*2000 + 3*500),
		`consecutive_failures`:                                  0,
	})
	if err := os.Remove(previous); err != nil { // the rotation is over
		t.Fatal(err)
	}
	r.forgets(t, `secret="previous"`)
	r.tells(t, map[string]float64{
		`signatures_verified_total{secret="current"}`: 3,
		`config_reloads_total{result="applied"}`:      1,
	})
}

// TestMetricsOfAFullQueue fills a queue to its end: SuperOffice's requests then fail one after the other, as it counts
// them too, until there is room again.
func TestMetricsOfAFullQueue(t *testing.T) {
	t.Parallel()
	const small, large = 16 << 20, 64 << 20
	var configured config.Config
	file := settings(t, func(c *config.Config) {
		c.Queue.MaxBytes, c.Sinks = small, []config.Sink{to("down", nobody)}
		configured = *c
	})
	r := run(t, Options{ConfigFile: file, DataDir: t.TempDir()})
	former := r.snapshot().Hash
	stored := 0
	for ; r.post(t, posted{secret: secret, body: event(fmt.Sprint(stored), 1<<20)}) == http.StatusOK; stored++ {
		if stored<<20 > small {
			t.Fatal("it does not become full")
		}
	}
	strangers := func() {
		r.post(t, posted{secret: "a guess", body: event("forged", 0)})
		r.post(t, posted{body: event("test", 0), test: true})
	}
	strangers()
	r.tells(t, map[string]float64{"consecutive_failures": 1})
	for range 2 {
		if got := r.post(t, posted{secret: secret, body: event("late", 1<<20)}); got != http.StatusServiceUnavailable {
			t.Errorf("answered with %d", got)
		}
	}
	strangers()
	r.tells(t, map[string]float64{
		`consecutive_failures`:                          3,
		`requests_total{code="503",reason="QueueFull"}`: 3,
		`requests_total{code="200",reason="TestEvent"}`: 2,
		`queue_max_bytes`:                               small,
		`queue_events`:                                  float64(stored),
		`sink_pending_events{sink="down"}`:              float64(stored),
	})
	if bytes := r.scrape(t)["queue_bytes"]; bytes < float64(stored)*(1<<20) || bytes > small {
		t.Errorf("%v bytes are taken by %d events", bytes, stored)
	}

	configured.Queue.MaxBytes = large
	text, err := configured.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	replace(t, file, string(text))
	r.tells(t, map[string]float64{"queue_max_bytes": large, "consecutive_failures": 3})
	if got := r.post(t, posted{secret: secret, body: event("late", 1<<20)}); got != http.StatusOK {
		t.Errorf("answered with %d", got)
	}
	r.tells(t, map[string]float64{
		`consecutive_failures`:                                                     0,
		`config_reloads_total{result="applied"}`:                                   1,
		`config_info{hash="` + r.snapshot().Hash + `"}`:                            1,
		`config_last_reload_successful`:                                            1,
		`requests_total{code="200",reason="Stored"}`:                               float64(stored + 1),
		`signatures_verified_total{secret="current"}`:                              float64(stored + 4),
		`delivery_attempt_duration_seconds_count{outcome="delivered",sink="down"}`: 0,
	})
	r.forgets(t, former)
}

func TestMetricsOfSinks(t *testing.T) {
	t.Parallel()
	answers := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(s.Close)
		return s.URL
	}
	down := to("down", nobody)
	down.Delivery.InitialBackoff = config.Duration(time.Millisecond)
	down.Delivery.Circuit = config.Circuit{After: config.Duration(time.Millisecond), ProbeInterval: config.Duration(time.Hour)}
	var configured config.Config
	file := settings(t, func(c *config.Config) {
		picky := to("picky", nobody)
		picky.Filter = "event.PrimaryKey < 0"
		c.Sinks = []config.Sink{to("takes", answers(http.StatusOK)), to("refuses", answers(http.StatusBadRequest)), down, picky}
		configured = *c
	})
	r := run(t, Options{ConfigFile: file, DataDir: t.TempDir()})
	before := time.Now()
	for _, body := range []string{event("1", 0), "this is no event"} {
		if got := r.post(t, posted{secret: secret, body: body}); got != http.StatusOK {
			t.Fatalf("answered with %d", got)
		}
	}
	after := time.Now()
	r.tells(t, map[string]float64{
		`delivery_attempt_duration_seconds_count{outcome="delivered",sink="takes"}`: 1,
		`delivery_attempt_duration_seconds_count{outcome="dead",sink="takes"}`:      0,
		`delivery_attempt_duration_seconds_count{outcome="dead",sink="refuses"}`:    1,
		`delivery_attempt_duration_seconds_count{outcome="delivered",sink="down"}`:  0,
		`delivery_attempt_duration_seconds_count{outcome="delivered",sink="picky"}`: 0,
		`sink_filtered_events_total{sink="picky"}`:                                  1,
		`sink_filtered_events_total{sink="takes"}`:                                  0,
		`sink_pending_events{sink="picky"}`:                                         0,
		`sink_pending_events{sink="takes"}`:                                         0,
		`sink_pending_events{sink="refuses"}`:                                       0,
		`sink_pending_events{sink="down"}`:                                          1,
		`sink_circuit_open{sink="takes"}`:                                           0,
		`sink_circuit_open{sink="down"}`:                                            1,
		`sink_dead_letters{sink="takes"}`:                                           0,
		`sink_dead_letters{sink="refuses"}`:                                         1,
		`queue_dead_letters`:                                                        2,
	})
	got := r.scrape(t)
	if got[`delivery_attempt_duration_seconds_count{outcome="retry",sink="down"}`] < 1 {
		t.Error("the attempts that failed are not counted")
	}
	oldest := got[`sink_oldest_pending_timestamp_seconds{sink="down"}`]
	if oldest < float64(before.UnixMilli())/1000 || oldest > float64(after.UnixMilli())/1000 {
		t.Errorf("the oldest event was received at %f, want it between %s and %s", oldest, before, after)
	}
	if oldest, ok := got[`sink_oldest_pending_timestamp_seconds{sink="takes"}`]; ok {
		t.Errorf("nothing waits, the oldest since %f", oldest)
	}

	configured.Sinks = configured.Sinks[:1]
	text, err := configured.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	replace(t, file, string(text))
	r.forgets(t, `sink="refuses"`)
	r.forgets(t, `sink="down"`)
	r.tells(t, map[string]float64{
		`delivery_attempt_duration_seconds_count{outcome="delivered",sink="takes"}`: 1,
		`config_reloads_total{result="applied"}`:                                    1,
	})
}

func TestMetricsOfReloads(t *testing.T) {
	t.Parallel()
	file := settings(t, func(c *config.Config) { c.Sinks = []config.Sink{to("down", nobody)} })
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, Options{ConfigFile: file, DataDir: t.TempDir()})
	hash := `config_info{hash="` + r.snapshot().Hash + `"}`
	for _, step := range []struct {
		text                         string
		successful, applied, refused float64
	}{
		{"sinks: [}", 0, 0, 1},
		{string(good), 1, 0, 1}, // what is in force already is not applied
		{"", 0, 0, 2},
	} {
		replace(t, file, step.text)
		r.tells(t, map[string]float64{
			hash: 1, "config_last_reload_successful": step.successful,
			`config_reloads_total{result="applied"}`: step.applied, `config_reloads_total{result="refused"}`: step.refused,
		})
	}
	replace(t, file, string(good)+"suspend: true\n")
	r.forgets(t, hash)
	r.tells(t, map[string]float64{
		"config_last_reload_successful": 1, `config_reloads_total{result="applied"}`: 1, `config_reloads_total{result="refused"}`: 2,
	})
}
