// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestPicturesAreOfThisRecording: whoever changes a dashboard draws it anew, and each panel shows something.
func TestPicturesAreOfThisRecording(t *testing.T) {
	const root = "../../../"
	r, err := open(root + "monitoring/testdata/dashboards.promql")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	for file := range variables {
		got, empty, err := render(r, root+"monitoring/dashboards", file)
		if err != nil {
			t.Fatal(err)
		}
		if len(empty) != 0 {
			t.Errorf("%s: these panels have no data: %q", file, empty)
		}
		want, err := os.ReadFile(root + "docs/dashboards/" + strings.TrimSuffix(file, ".json") + ".svg")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/dashboards has another picture of %s (%v): make dashboards", file, err)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	none := 0
	for _, c := range []struct {
		value    float64
		unit     string
		decimals *int
		want     string
	}{
		{0, "s", nil, "0 s"},
		{0.00042, "s", nil, "420 µs"},
		{0.0123, "s", nil, "12.3 ms"},
		{90, "s", nil, "1.5 min"},
		{5400, "s", nil, "1.5 h"},
		{1 << 20, "bytes", nil, "1 MiB"},
		{0.123, "percentunit", nil, "12.3%"},
		{12.345, "reqps", nil, "12.3 req/s"},
		{1234, "short", nil, "1.23 K"},
		{1234, "short", &none, "1234"},
	} {
		if got := shown(c.value, c.unit, c.decimals); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}

func TestRound125(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]float64{0.3: 0.5, 1: 1, 1.1: 2, 4: 5, 7: 10, 120: 200} {
		if got := round125(value); got != want {
			t.Errorf("%v: %v, want %v", value, got, want)
		}
	}
}
