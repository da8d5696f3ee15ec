// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// table is one of the results.
type table struct {
	title, note string
	header      []string
	rows        [][]string
}

func tables(all []figures) []table {
	if len(all) == 0 {
		return nil
	}
	return []table{summary(all), creation(all)}
}

// percentile of times that are sorted.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)-1)*p/100]
}

func short(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

func summary(all []figures) table {
	t := table{
		title: "By the number of resources",
		note: "Two receivers each. Requests are those of the manager without its lease and its watches. A change of a Secret is " +
			"timed from the request that makes it until the resource's status tells of it.",
		header: []string{""},
	}
	rows := []struct {
		what string
		of   func(f figures) string
	}{
		{"from the first to the last one ready", func(f figures) string { return short(f.created) }},
		{"resources a second", func(f figures) string { return fmt.Sprintf("%.1f", float64(f.resources)/f.created.Seconds()) }},
		{"requests for one that is created", func(f figures) string { return fmt.Sprintf("%.1f", f.sum()) }},
		{"at rest for", func(f figures) string { return f.rested.String() }},
		{"writes meanwhile", func(f figures) string { return fmt.Sprint(f.restWrites) }},
		{"reads a second meanwhile", func(f figures) string { return fmt.Sprintf("%.1f", f.restReads) }},
		{"requests for a new value of a Secret", func(f figures) string { return fmt.Sprintf("%.1f", f.rotation) }},
		{"until a change of a Secret is told, median", func(f figures) string { return short(percentile(f.reaction, 50)) }},
		{"until a change of a Secret is told, p99", func(f figures) string { return short(percentile(f.reaction, 99)) }},
		{"many changed at once", func(f figures) string { return fmt.Sprint(f.burst) }},
		{"until the last of them is ready", func(f figures) string { return short(f.burstTook) }},
		{"from a restart to idle", func(f figures) string { return short(f.restart) }},
		{"writes after a restart", func(f figures) string { return fmt.Sprint(f.restartWrites) }},
		{"reads after a restart", func(f figures) string { return fmt.Sprint(f.restartReads) }},
		{"memory of the manager", func(f figures) string { return fmt.Sprintf("%.0f MiB", f.memory) }},
		{"at its highest", func(f figures) string { return fmt.Sprintf("%.0f MiB", f.peak) }},
	}
	for _, f := range all {
		t.header = append(t.header, fmt.Sprint(f.resources))
	}
	for _, r := range rows {
		row := []string{r.what}
		for _, f := range all {
			row = append(row, r.of(f))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func inPools(f *figures, size int) table {
	t := table{
		title:  "Resources that share receivers",
		note:   fmt.Sprintf("%d resources in pools of %d, with two receivers for each pool.", f.resources, size),
		header: []string{"", fmt.Sprint(f.resources)},
		rows: [][]string{
			{"Deployments", fmt.Sprint(f.deployments)},
			{"from the first to the last one ready", short(f.created)},
			{"requests for one that is created", fmt.Sprintf("%.1f", f.sum())},
			{"of them for objects of its pool", fmt.Sprintf("%.2f", f.poolRequests)},
			{"at rest for", f.rested.String()},
			{"writes meanwhile", fmt.Sprint(f.restWrites)},
			{"reads a second meanwhile", fmt.Sprintf("%.1f", f.restReads)},
			{"from a restart to idle", short(f.restart)},
			{"writes after a restart", fmt.Sprint(f.restartWrites)},
			{"memory of the manager", fmt.Sprintf("%.0f MiB", f.memory)},
			{"at its highest", fmt.Sprintf("%.0f MiB", f.peak)},
		},
	}
	for _, kind := range slices.Sorted(maps.Keys(f.requests)) {
		t.rows = append(t.rows, []string{"creation: " + kind, fmt.Sprintf("%.2f", f.requests[kind])})
	}
	return t
}

// sum of all requests for a creation.
func (f figures) sum() (n float64) {
	for _, of := range f.requests {
		n += of
	}
	return n
}

func creation(all []figures) table {
	t := table{title: "Requests for one resource that is created, by kind", header: []string{""}}
	kinds := map[string]bool{}
	for _, f := range all {
		t.header = append(t.header, fmt.Sprint(f.resources))
		for kind := range f.requests {
			kinds[kind] = true
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		row := []string{kind}
		for _, f := range all {
			row = append(row, fmt.Sprintf("%.2f", f.requests[kind]))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// print writes it for people at a terminal.
func (t table) print(to io.Writer) error {
	fmt.Fprintf(to, "\n%s\n\n", t.title)
	w := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	for _, row := range append([][]string{t.header}, t.rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// markdown writes it for a page.
func (t table) markdown(to io.Writer) {
	fmt.Fprintf(to, "\n## %s\n\n", t.title)
	if t.note != "" {
		fmt.Fprintf(to, "%s\n\n", t.note)
	}
	fmt.Fprintf(to, "| %s |\n|%s\n", strings.Join(t.header, " | "), strings.Repeat(" --- |", len(t.header)))
	for _, row := range t.rows {
		fmt.Fprintf(to, "| %s |\n", strings.Join(row, " | "))
	}
}

func writePage(tables []table, dir string) error {
	var page bytes.Buffer
	fmt.Fprintf(&page, "# Figures of a fleet\n\nWritten by `make bench-fleet` on %s/%s with %s and %d processors, which the API server, "+
		"etcd and the controllers of Kubernetes share with the manager. [README.md](README.md) says what they mean.\n\n",
		runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU())
	for _, p := range plots {
		fmt.Fprintf(&page, "![%s](%s)\n", p.title, p.file)
	}
	for _, t := range tables {
		t.markdown(&page)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "fleet.md"), page.Bytes(), 0o644)
}
