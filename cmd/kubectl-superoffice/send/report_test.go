// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/test/golden"
)

const here = "http://127.0.0.1:8080/webhook"

// reports are runs by the name of their golden files, one as text and one as JSON.
var reports = map[string]func() *report{
	"one-event": func() *report {
		return filled(http.StatusOK, 2345678*time.Nanosecond, answer{status: 200, latency: 1234567 * time.Nanosecond, attempts: 1})
	},
	"all-well": func() *report {
		var answers []answer
		for i := range 1000 {
			answers = append(answers, answer{status: 200, latency: time.Duration(1000-i) * time.Millisecond, attempts: 1})
		}
		return filled(http.StatusOK, 50*time.Second, answers...)
	},
	"retries": func() *report {
		return filled(http.StatusOK, 5*time.Second,
			answer{status: 200, latency: 900 * time.Nanosecond, attempts: 3},
			answer{status: 200, latency: 99999 * time.Nanosecond, attempts: 2})
	},
	"mixed": func() *report {
		return filled(http.StatusOK, 61234*time.Millisecond,
			answer{status: 200, latency: 12345 * time.Microsecond, attempts: 1},
			answer{status: 503, text: "<full> & \"busy\"\n\x1b[2J", latency: 9999 * time.Millisecond, attempts: 3},
			answer{err: errors.New("timed out after 10s"), attempts: 3},
			answer{status: 599, latency: 98765 * time.Millisecond, attempts: 1})
	},
	"none-answered": func() *report {
		refused := answer{err: errors.New("dial tcp 127.0.0.1:8080: connect: connection refused"), attempts: 1}
		return filled(http.StatusOK, 3*time.Millisecond, refused, refused)
	},
	"forged": func() *report {
		refused := answer{status: 401, text: "the signature does not match", latency: time.Millisecond, attempts: 1}
		return filled(http.StatusUnauthorized, time.Second, refused, answer{status: 200, latency: time.Millisecond, attempts: 1}, refused)
	},
	"slow": func() *report {
		return filled(http.StatusOK, 100*time.Second,
			answer{status: 200, latency: time.Second, attempts: 1},
			answer{status: 200, latency: 6 * time.Second, attempts: 2})
	},
	"nothing-posted": func() *report { return filled(http.StatusOK, 0) },
}

func filled(wanted int, took time.Duration, answers ...answer) *report {
	r := newReport(here, wanted)
	for _, a := range answers {
		r.add(a)
	}
	r.close(took)
	return r
}

func TestReport(t *testing.T) {
	t.Parallel()
	for name, filledIn := range reports {
		for extension, format := range map[string]output.Format{"txt": output.Text, "json": output.JSON} {
			file := filepath.Join("testdata", name+"."+extension)
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				var got bytes.Buffer
				if err := filledIn().write(&got, format); err != nil {
					t.Fatal(err)
				}
				golden.Check(t, file, got.String())
			})
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	upTo := func(n int) []time.Duration {
		var all []time.Duration
		for i := range n {
			all = append(all, time.Duration(i+1))
		}
		return all
	}
	for _, test := range []struct{ values, percent, want int }{
		{1, 50, 1},
		{1, 99, 1},
		{2, 50, 1},
		{2, 99, 2},
		{3, 50, 2},
		{4, 50, 2},
		{100, 50, 50},
		{100, 99, 99},
		{100, 100, 100},
		{101, 50, 51},
		{101, 99, 100},
		{1000, 99, 990},
		{1000, 1, 10},
		{1000, 0, 1},
	} {
		if got := percentile(upTo(test.values), test.percent); got != time.Duration(test.want) {
			t.Errorf("of 1 to %d, %d percent are at most %d, want %d", test.values, test.percent, got, test.want)
		}
	}
}

func TestRound(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{
		0:           "0s",
		0.000000123: "100ns",
		0.000999949: "999.9µs",
		0.001234567: "1.235ms",
		0.012345678: "12.35ms",
		0.123456789: "123.5ms",
		1.23456789:  "1.235s",
		12.3456789:  "12.35s",
		123.456789:  "2m3.5s",
	} {
		if got := round(seconds).String(); got != want {
			t.Errorf("%v seconds are shown as %s, want %s", seconds, got, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx     context.Context
		answers []answer
		total   int
		want    string
	}{
		"all as hoped for":               {t.Context(), []answer{{status: 200}, {status: 200}}, 2, ""},
		"not all as hoped for":           {t.Context(), []answer{{status: 200}, {status: 401}, {}}, 3, "2 of 3 events were not answered with 200 OK"},
		"interrupted, all as hoped for":  {interrupted, []answer{{status: 200}}, 2, "interrupted after 1 of 2 events"},
		"interrupted, and even that bad": {interrupted, []answer{{status: 500}}, 2, "interrupted after 1 of 2 events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := verdict(test.ctx, filled(http.StatusOK, time.Second, test.answers...), test.total); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestSummaryThatCannotBeWritten shows that a full disk is an error, not a summary that is missing.
func TestSummaryThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	full := writerFunc(func([]byte) (int, error) { return 0, errors.New("no space left on device") })
	for _, output := range [][]string{nil, {"-o", "json"}} {
		cmd := NewCommand()
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetOut(full)
		cmd.SetArgs(to(t, serve(t, nil).URL, output...))
		const want = "write the summary: no space left on device"
		if err := cmd.ExecuteContext(t.Context()); err == nil || err.Error() != want {
			t.Errorf("%v: the error is %v, want %q", output, err, want)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
