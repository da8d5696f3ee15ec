// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/monitoring"
	"github.com/superoffice-webhook/operator/test/markdown"
)

// root is the repository.
const root = "../.."

// pages are all of the repository, by path.
func pages(t *testing.T) map[string]markdown.Page {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "*.md").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]markdown.Page{}
	for path := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		all[path] = markdown.Parse(read(t, path))
	}
	if len(all) < 10 {
		t.Fatalf("only %d pages were found", len(all))
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLinksLeadSomewhere: to a file or folder of the repository, and to a heading that is there.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for path, page := range all {
		for _, link := range page.Links {
			if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
				continue // tests ask nobody outside
			}
			file, anchor, _ := strings.Cut(link, "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: %s is not there", path, link)
				continue
			}
			if anchor != "" && strings.HasSuffix(target, ".md") && !slices.Contains(anchors(all[target]), anchor) {
				t.Errorf("%s: %s has no heading %s", path, target, anchor)
			}
		}
	}
}

func anchors(page markdown.Page) []string {
	var all []string
	for _, heading := range page.Headings {
		all = append(all, markdown.Anchor(heading))
	}
	return all
}

// TestRunbooksAreThere: whoever is woken by an alert follows its link.
func TestRunbooksAreThere(t *testing.T) {
	t.Parallel()
	known := anchors(markdown.Parse(read(t, "docs/troubleshooting.md")))
	found := regexp.MustCompile(`runbook_url: \S+/docs/troubleshooting\.md#(\S+)`).FindAllStringSubmatch(monitoring.Alerts, -1)
	if len(found) == 0 {
		t.Error("no alert has a runbook")
	}
	for _, runbook := range found {
		if !slices.Contains(known, runbook[1]) {
			t.Errorf("docs/troubleshooting.md has no heading %s", runbook[1])
		}
	}
}

// TestTroubleshootingIsComplete: whoever sees an alert or a reason finds it there.
func TestTroubleshootingIsComplete(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/troubleshooting.md")
	for source, pattern := range map[string]string{
		monitoring.Alerts:                  `(?m)^  - alert: (\w+)$`,
		read(t, "api/v1alpha1/reasons.go"): `(?m)^\tReason\w+ = "(\w+)"$`,
	} {
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(source, -1)
		if len(found) < 5 {
			t.Errorf("only %d are found by %s: has the file moved?", len(found), pattern)
		}
		for _, f := range found {
			if !strings.Contains(text, "`"+f[1]+"`") {
				t.Errorf("docs/troubleshooting.md does not say what to do about %s", f[1])
			}
		}
	}
}

// TestCommandsCanBeRead has a shell read, not run, each block: those that cannot be run have to be right as well.
func TestCommandsCanBeRead(t *testing.T) {
	t.Parallel()
	for path, page := range pages(t) {
		for _, block := range page.Blocks {
			if block.Language != "sh" {
				continue
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-n")
			cmd.Stdin = strings.NewReader(block.Text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %v: %s", path, block.Line, err, out)
			}
		}
	}
}

// TestTargetsExist has make read what it is told, in blocks and in sentences.
func TestTargetsExist(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	mentioned := regexp.MustCompile("(?m)(?:^|`)make ([a-z0-9-]+)")
	count := 0
	for path := range pages(t) {
		for _, found := range mentioned.FindAllStringSubmatch(read(t, path), -1) {
			count++
			if !strings.Contains(makefile, "\n"+found[1]+":") {
				t.Errorf("%s: there is no make %s", path, found[1])
			}
		}
	}
	if count == 0 {
		t.Error("no target is mentioned")
	}
}

// TestQueriesAreAccepted hands all queries over as rules, which promtool parses.
func TestQueriesAreAccepted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("promtool takes minutes to compile")
	}
	rules := "groups:\n- name: documentation\n  rules:\n"
	for path, page := range pages(t) {
		for _, block := range page.Blocks {
			if block.Language != "promql" {
				continue
			}
			for line := range strings.Lines(block.Text) {
				rules += fmt.Sprintf("  - {record: from, expr: %q} # %s\n", strings.TrimSpace(line), path)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "-modfile=tools/promtool/go.mod", "-tags=remove_all_sd",
		"github.com/prometheus/prometheus/cmd/promtool", "check", "rules", "--lint=none", file)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, rules)
	}
}
