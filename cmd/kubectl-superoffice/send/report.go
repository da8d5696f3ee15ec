// SPDX-License-Identifier: Apache-2.0

package send

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

// noAnswer is the key of Answers for events that were not answered at all.
const noAnswer = "none"

// report is the summary of a run; its JSON form is for scripts. Times are in seconds.
type report struct {
	Target string `json:"target"`
	// Events that were posted, and Attempts that it took.
	Events   int `json:"events"`
	Attempts int `json:"attempts"`
	// Answers counts the last answer to each event by its status, or "none".
	Answers map[string]int `json:"answers"`
	// Unexpected counts the events that were not answered as hoped for.
	Unexpected      int      `json:"unexpected"`
	FirstUnexpected string   `json:"firstUnexpected,omitempty"`
	Seconds         float64  `json:"seconds"`
	Latency         *latency `json:"latencySeconds,omitempty"`

	wanted    int
	latencies []time.Duration
}

type latency struct {
	Min float64 `json:"min"`
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func newReport(target string, wanted int) *report {
	return &report{Target: target, Answers: map[string]int{}, wanted: wanted}
}

// add counts the answer to one event.
func (r *report) add(a answer) {
	r.Events++
	r.Attempts += a.attempts
	key := noAnswer
	if a.status != 0 {
		key = strconv.Itoa(a.status)
		r.latencies = append(r.latencies, a.latency)
	}
	r.Answers[key]++
	if a.status == r.wanted {
		return
	}
	r.Unexpected++
	if r.FirstUnexpected == "" {
		r.FirstUnexpected = describe(a)
	}
}

func describe(a answer) string {
	if a.status == 0 {
		return fmt.Sprintf("no answer: %v", a.err)
	}
	if a.text == "" {
		return statusText(strconv.Itoa(a.status))
	}
	return fmt.Sprintf("%s: %q", statusText(strconv.Itoa(a.status)), a.text)
}

// close computes what needs all answers.
func (r *report) close(took time.Duration) {
	r.Seconds = took.Seconds()
	if len(r.latencies) == 0 {
		return
	}
	slices.Sort(r.latencies)
	r.Latency = &latency{
		Min: r.latencies[0].Seconds(),
		P50: percentile(r.latencies, 50).Seconds(),
		P99: percentile(r.latencies, 99).Seconds(),
		Max: r.latencies[len(r.latencies)-1].Seconds(),
	}
}

// percentile returns the smallest value that is not below p percent of all (the nearest rank).
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

func (r *report) write(w io.Writer, f output.Format) error {
	if f.ForScripts() {
		return f.Document(w, r)
	}
	return r.writeText(w)
}

func (r *report) writeText(w io.Writer) error {
	fmt.Fprintf(w, "Posted %s to %s in %s", count(r.Events, "event", "events"), r.Target, round(r.Seconds))
	if r.Events > 1 && r.Seconds > 0 {
		fmt.Fprintf(w, " (%s per second)", rounded(float64(r.Events)/r.Seconds))
	}
	if r.Attempts > r.Events {
		fmt.Fprintf(w, ", with %s", count(r.Attempts-r.Events, "retry", "retries"))
	}
	fmt.Fprintln(w)

	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, status := range slices.Sorted(maps.Keys(r.Answers)) {
		fmt.Fprintf(table, "  %s\t%d\n", statusText(status), r.Answers[status])
	}
	if l := r.Latency; l != nil {
		fmt.Fprintf(table, "  latency\tmin %s, p50 %s, p99 %s, max %s\n", round(l.Min), round(l.P50), round(l.P99), round(l.Max))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.FirstUnexpected == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "  first unexpected: %s\n", r.FirstUnexpected)
	return err
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// rounded writes a rate without digits that nobody reads; a slow one does not become 0.
func rounded(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.2g", rate)
	}
	return fmt.Sprintf("%.0f", rate)
}

func statusText(status string) string {
	code, err := strconv.Atoi(status)
	if err != nil {
		return "no answer"
	}
	return strings.TrimSpace(status + " " + http.StatusText(code)) // not every number has a text
}

// round keeps three or four digits: nobody reads nanoseconds.
func round(seconds float64) time.Duration {
	d := time.Duration(seconds * float64(time.Second))
	for unit := time.Microsecond; unit < time.Second; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit / 10)
		}
	}
	return d.Round(100 * time.Millisecond)
}
