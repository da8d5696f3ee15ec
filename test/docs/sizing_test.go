// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestSizingGoesByWhatWasMeasured: what the page says is at least half of the figure, so worth to be said, and not above it but
// for rounding. Whoever measures anew is told what to say.
func TestSizingGoesByWhatWasMeasured(t *testing.T) {
	t.Parallel()
	page, figures, fleet := read(t, "docs/sizing.md"), read(t, "docs/benchmarks/figures.md"), read(t, "docs/benchmarks/fleet.md")
	for claim, measured := range map[string]struct{ in, by string }{
		`64 connections, default queue \| about ([\d,]+) events/s`:                {figures, `\| 64 \| \d+ \| (\d+) `},
		`syncs in 0\.3 ms \| about ([\d,]+) events/s`:                             {figures, `\| 64 \| \d+ \| \d+ \(.*?\) \| (\d+) `},
		`answers at once, while accepting \| about ([\d,]+) events/s`:             {figures, `\n\| 1 \| (\d+) \| \d+ \| \S+ \|`},
		`to 4 such sinks \| ([\d,]+) deliveries/s`:                                {figures, `\n\| 4 \| \d+ \| (\d+) \|`},
		`with nothing to do \| (\d+) MiB`:                                         {figures, `memory, the highest of 5 \| (\d+) MiB`},
		`events waiting; while these are delivered \| (\d+) MiB`:                  {figures, `with all of them stored \| (\d+) MiB`},
		`events waiting; while these are delivered \| \d+ MiB; (\d+) MiB`:         {figures, `memory at its highest \| (\d+) MiB`},
		`memory with 100 resources; with 1,000; with 5,000 \| \d+ MiB; (\d+) MiB`: {fleet, `memory of the manager \| \d+ MiB \| \d+ MiB \| (\d+) MiB`},
		`requests to create a resource \| (\d+)`:                                  {fleet, `requests for one that is created \| \S+ \| (\d+)`},
	} {
		said, found := figure(t, page, claim), figure(t, measured.in, measured.by)
		if said > 1.05*found || said < 0.5*found {
			t.Errorf("docs/sizing.md says %.0f (%s), and measured is %.0f", said, claim, found)
		}
	}
}

func figure(t *testing.T, text, pattern string) float64 {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("nothing is like %s", pattern)
	}
	value, err := strconv.ParseFloat(strings.ReplaceAll(found[1], ",", ""), 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
