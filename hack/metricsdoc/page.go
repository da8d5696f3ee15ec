// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/superoffice-webhook/operator/monitoring"
)

//go:embed metrics.md.tmpl
var text string

// meanings of labels. A label whose values are fixed is followed by them.
var meanings = map[string]struct {
	text  string
	fixed bool
}{
	"code":    {"the HTTP status that was answered, see [answers](#answers)", false},
	"reason":  {"why, see [answers](#answers)", false},
	"secret":  {"the slot of a shared secret that is accepted now: `current`, and `previous` while there is one", false},
	"sink":    {"the name of a sink that is configured now", false},
	"outcome": {"how an attempt ended; what is to be tried again later, or is given up because it is too old, is `retry`", true},
	"result":  {"what became of a change", true},
	"export":  {"what became of an export", true},
	"what":    {"what was removed by somebody else", true},
	"hash":    {"the SHA-256 of the configuration file in force; there is one at a time", false},
}

// page is all of docs/metrics.md.
func page() ([]byte, error) {
	all, err := gather(example())
	if err != nil {
		return nil, err
	}
	explained, err := explain(all)
	if err != nil {
		return nil, err
	}
	manager, err := gather(managerExample())
	if err != nil {
		return nil, err
	}
	parsed, err := template.New("page").Funcs(template.FuncMap{"code": code}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the page's template: %w", err)
	}
	var b bytes.Buffer
	err = parsed.Execute(&b, map[string]any{
		"Metrics": all, "Manager": manager, "Labels": explained, "Answers": answers(all), "Alerts": monitoring.Alerts,
	})
	if err != nil {
		return nil, fmt.Errorf("fill in the page: %w", err)
	}
	return b.Bytes(), nil
}

// code writes names as code.
func code(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return strings.Join(quoted, ", ")
}

// row of a table.
type row struct{ Name, Text string }

// explain says of each label what it means. It fails unless exactly those are explained that there are.
func explain(all []metric) ([]row, error) {
	values := map[string][]string{}
	for _, m := range all {
		maps.Copy(values, m.values)
	}
	names := slices.Sorted(maps.Keys(values))
	if explained := slices.Sorted(maps.Keys(meanings)); !slices.Equal(names, explained) {
		return nil, fmt.Errorf("the labels are %v, explained are %v", names, explained)
	}
	var rows []row
	for _, name := range names {
		meaning := meanings[name].text
		if meanings[name].fixed {
			meaning += ": " + code(values[name])
		}
		rows = append(rows, row{name, meaning})
	}
	return rows, nil
}

// answers are the reasons for each status.
func answers(all []metric) []row {
	reasons := map[string][]string{}
	for _, m := range all {
		if !slices.Equal(m.Labels, []string{"code", "reason"}) {
			continue
		}
		for _, one := range m.series {
			reasons[one[0]] = append(reasons[one[0]], one[1])
		}
	}
	var rows []row
	for _, status := range slices.Sorted(maps.Keys(reasons)) {
		rows = append(rows, row{status, code(reasons[status])})
	}
	return rows
}
