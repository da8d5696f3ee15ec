// SPDX-License-Identifier: Apache-2.0

package docs

import (
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

// TestCommandsCanBeRead has a shell read, not run, each block, and looks for the targets of make.
func TestCommandsCanBeRead(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	target := regexp.MustCompile(`(?m)^make ([a-z0-9-]+)`)
	count := 0
	for path, page := range pages(t) {
		for _, block := range page.Blocks {
			if block.Language != "sh" {
				continue
			}
			count++
			cmd := exec.CommandContext(t.Context(), "sh", "-n")
			cmd.Stdin = strings.NewReader(block.Text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %v: %s", path, block.Line, err, out)
			}
			for _, found := range target.FindAllStringSubmatch(block.Text, -1) {
				if !strings.Contains(makefile, "\n"+found[1]+":") {
					t.Errorf("%s:%d: there is no make %s", path, block.Line, found[1])
				}
			}
		}
	}
	if count == 0 {
		t.Error("no commands were found")
	}
}
