// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/superoffice-webhook/operator/test/fixtures"
	"github.com/superoffice-webhook/operator/test/golden"
	"github.com/superoffice-webhook/operator/test/transcript"
)

const page = root + "/docs/kubectl-superoffice.md"

// step is a line of the session.
type step struct {
	// line as it is typed; not shown if it is hidden.
	line   string
	hidden bool
	// code that it ends with.
	code int
	// until says what it has to print; it is run again until it does. Only for lines that change nothing.
	until string
	// beside is run once the line has said that it listens.
	beside string
	// before does something that is not typed.
	before func(*sink)
	// asIs leaves columns as they are: those of the line have no part that differs from run to run.
	asIs bool
	// sorted puts the lines in an order, where it is by chance.
	sorted bool
}

func refuse(s *sink) { s.status.Store(http.StatusBadRequest) }
func accept(s *sink) { s.status.Store(http.StatusNoContent) }

// session is what is typed, by the section of the page that shows it. Sections follow one another in one namespace.
var session = []struct {
	section string
	steps   []step
}{
	{"get", []step{{line: "kubectl superoffice get -n sales", until: "Accepting"}}},
	{"send", []step{
		{line: "kubectl superoffice send crm -n sales activity.created activity.changed"},
		{line: "kubectl superoffice send crm -n sales --test"},
		{line: "kubectl superoffice send crm -n sales --forge"},
	}},
	{"tail", []step{{line: "kubectl superoffice tail crm -n sales --event activity.deleted --limit 2", beside: "kubectl superoffice send crm -n sales activity.deleted", sorted: true, asIs: true}}},
	{"status", []step{
		{line: "kubectl superoffice send crm -n sales --fresh", hidden: true, before: refuse},
		{line: "kubectl superoffice status crm -n sales", until: "dead letters: 1 is kept"},
	}},
	{"dead-letters", []step{
		{line: "kubectl superoffice dead-letters list crm -n sales"},
		{line: "kubectl superoffice dead-letters replay crm -n sales --sink erp --dry-run"},
		{line: "kubectl superoffice dead-letters replay crm -n sales --sink erp", before: accept},
		{line: "kubectl superoffice dead-letters purge crm -n sales --all --yes"},
	}},
	{"verify", []step{
		{line: "kubectl superoffice verify crm -n sales -f unix.json --signature '" + fixtures.SignedSignature + "'", code: 1},
		{line: "kubectl superoffice verify crm -n sales -f body.json --signature '" + fixtures.SignedSignature + "'"},
	}},
	{"suspend", []step{
		{line: "kubectl superoffice suspend crm -n sales"},
		{line: "kubectl superoffice get -n sales", until: "Accepting, Suspended"},
		{line: "kubectl superoffice resume crm -n sales"},
	}},
	{"reconcile", []step{
		{line: "kubectl superoffice reconcile --all -n sales"},
		{line: "kubectl superoffice reconcile crm -n sales --wait"},
		{line: `kubectl patch superofficewebhook crm -n sales --type=merge -p '{"spec":{"secret":{"name":"missing"}}}'`, hidden: true},
		{line: "kubectl superoffice reconcile crm -n sales --wait --timeout=10s", code: 1},
		{line: `kubectl patch superofficewebhook crm -n sales --type=merge -p '{"spec":{"secret":{"name":"crm-webhook"}}}'`, hidden: true},
		{line: "kubectl superoffice reconcile crm -n sales --wait", hidden: true},
	}},
	{"render", []step{{line: "kubectl superoffice render crm -n sales | grep -E '^(kind|  name):'"}}},
	{"doctor", []step{
		{line: "kubectl wait --for=condition=Delivering superofficewebhook/crm -n sales --timeout=60s", hidden: true},
		{line: "kubectl wait --for=condition=Ready superofficewebhook/crm -n sales --timeout=120s", hidden: true},
		{line: "kubectl superoffice doctor crm -n sales", asIs: true},
	}},
	{"completion", []step{{line: "kubectl superoffice completion kubectl"}}},
	{"version", []step{{line: "kubectl superoffice version"}}},
}

// TestSession plays the session on a resource that is well, and holds what was printed against the page.
func TestSession(t *testing.T) {
	s := newSink(t)
	webhook(t, "sales", 1, s)
	dir := t.TempDir()
	unix := bytes.ReplaceAll(fixtures.SignedBody(), []byte("\r\n"), []byte("\n"))
	for name, body := range map[string][]byte{"body.json": fixtures.SignedBody(), "unix.json": unix} {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	normal := func(text string, asIs bool) string {
		text = transcript.Normal(strings.ReplaceAll(text, s.URL, "https://erp.example.com"))
		if asIs {
			return text
		}
		return transcript.Align(text)
	}
	recorded := map[string]string{}
	for _, part := range session {
		for _, step := range part.steps {
			if out := play(t, dir, s, step, normal); !step.hidden {
				recorded[part.section] += "$ " + step.line + "\n" + out
			}
		}
	}
	compare(t, recorded)
}

func play(t *testing.T, dir string, s *sink, step step, normal func(text string, asIs bool) string) string {
	t.Helper()
	if step.before != nil {
		step.before(s)
	}
	if step.beside != "" {
		c := beside(t, step.line, "listening")
		mustRun(t, 0, step.beside)
		r := c.end(t)
		return normal(sorted(r.both, step.sorted), step.asIs)
	}
	var r result
	await(t, step.line+" to print "+step.until, func() (string, bool) {
		r = onTerminal(t.Context(), dir, step.line)
		return r.both, step.until == "" || strings.Contains(r.both, step.until)
	})
	if r.code != step.code {
		t.Fatalf("%s: exit code %d, want %d\n%s", step.line, r.code, step.code, r.both)
	}
	return normal(sorted(r.both, step.sorted), step.asIs)
}

// sorted puts lines in an order.
func sorted(text string, wanted bool) string {
	if !wanted {
		return text
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(afterTime(a), afterTime(b)) })
	return strings.Join(lines, "\n") + "\n"
}

// afterTime leaves out what a line begins with, and has notes come first.
func afterTime(line string) string {
	if strings.HasPrefix(line, "note:") {
		return ""
	}
	return strings.TrimLeft(line, "0123456789:. ")
}

// compare makes the page from its template, with what was recorded and the help of each command.
func compare(t *testing.T, recorded map[string]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/kubectl-superoffice.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	made, err := template.New("page").Funcs(template.FuncMap{
		"session": func(section string) string { return "```console\n" + recorded[section] + "```" },
		"help": func(command string) string {
			return "```\n" + strings.TrimRight(mustRun(t, 0, "kubectl superoffice "+command+" --help").stdout, "\n") + "\n```"
		},
	}).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := made.Execute(&got, nil); err != nil {
		t.Fatal(err)
	}
	for section := range recorded {
		if !strings.Contains(string(text), `{{session "`+section+`"}}`) {
			t.Errorf("the page does not show the session of %s", section)
		}
	}
	golden.Check(t, page, got.String())
}
