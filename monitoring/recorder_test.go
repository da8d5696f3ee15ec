// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver"
	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/test/series"
)

const secret = "Name you provided"

// stage is a receiver with one sink, which answers what it is told to.
type stage struct {
	folder        string
	intake, admin string
	answer        atomic.Int32
	events        int
}

// newRecording runs a receiver through all phases and writes the tests that play what it told.
func newRecording(t *testing.T) []byte {
	t.Helper()
	s := newStage(t)
	started := time.Now()
	var told series.Recording
	var expected bytes.Buffer
	for _, phase := range phases() {
		if phase.begin != nil {
			phase.begin(t, s)
		}
		for range phase.scrapes {
			phase.each(t, s)
			time.Sleep(time.Until(started.Add(time.Duration(told.Scrapes()) * between))) //nolint:forbidigo // a recording takes its time
			values := s.scrape(t)
			for name, value := range values {
				values[name] = played(name, value, started)
			}
			told.Add(values)
		}
		fmt.Fprintf(&expected, "  # %s\n  - expr: group by (alertname) (ALERTS{alertstate=\"firing\"})\n    eval_time: %dm\n    exp_samples:", phase.name, told.Scrapes()-1)
		if len(phase.firing) == 0 {
			fmt.Fprint(&expected, " []")
		}
		fmt.Fprintln(&expected)
		for _, alert := range phase.firing {
			fmt.Fprintf(&expected, "    - {labels: '{alertname=%q}', value: 1}\n", alert)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Recorded from a receiver by: go test ./monitoring -run Told -args -record. %s between two values are played as\n"+
		"# a minute. Below the series: what it went through, and which alerts that raises.\n", between)
	fmt.Fprintf(&b, "rule_files: [../alerts.yaml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n")
	for name, values := range told.All() {
		fmt.Fprintf(&b, "  - {series: '%s', values: '%s'}\n", name, values)
	}
	fmt.Fprintf(&b, "  promql_expr_test:\n%s", expected.Bytes())
	return b.Bytes()
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{folder: t.TempDir()}
	s.answer.Store(http.StatusOK)
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(s.answer.Load()))
	}))
	t.Cleanup(sink.Close)
	c := &config.Config{
		APIVersion: config.APIVersion,
		Intake:     config.Intake{Address: "127.0.0.1:0", Secrets: []config.SharedSecret{{Name: "current", File: "secret"}}},
		Admin:      config.Admin{Address: "127.0.0.1:0"},
		Events:     []string{"activity.changed"},
		Queue:      config.Queue{MaxBytes: 16 << 20, DuplicateWindow: config.Duration(time.Second)},
		Sinks: []config.Sink{{
			Name: "erp", HTTP: &config.HTTP{URL: sink.URL},
			Delivery: config.Delivery{
				InitialBackoff: config.Duration(between), MaxBackoff: config.Duration(2 * between),
				Circuit: config.Circuit{After: config.Duration(4 * between), ProbeInterval: config.Duration(2 * between)},
			},
		}},
	}
	text, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"receiver.yaml": string(text), "secret": secret} {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := receiver.Open(t.Context(), receiver.Options{
		ConfigFile: filepath.Join(s.folder, "receiver.yaml"), DataDir: t.TempDir(), Version: "recorded", Log: logr.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	s.intake, s.admin = "http://"+r.IntakeAddress()+"/webhook", "http://"+r.AdminAddress()+"/metrics"
	return s
}

// scrape reads the receiver's own metrics as Prometheus would, with the labels that the chart's PodMonitor brings.
func (s *stage) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	response, err := http.Get(s.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	const target = `namespace="sales",webhook="crm",pod="crm-receiver-1",instance="10.0.0.1:8081"`
	found, err := series.Read(response.Body, target, func(metric string) bool { return strings.HasPrefix(metric, "superoffice_webhook_") })
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// played is a value in the time of the play, which begins in 1970 and is faster.
func played(series string, value float64, started time.Time) float64 {
	if name, _, _ := strings.Cut(series, "{"); strings.HasSuffix(name, "_timestamp_seconds") {
		return (value - float64(started.UnixMilli())/1000) * float64(speed)
	}
	return value
}
