// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/test/markdown"
)

// way is how a block is tested.
type way string

const (
	run       way = "run, as a reader would (TestPagesCanBeFollowed)"
	output    way = "compared with what the block above it prints (TestPagesCanBeFollowed)"
	target    way = "calls of make, whose targets must exist (TestTargetsExist)"
	object    way = "judged by the API server (TestManifestsAreAccepted)"
	fragment  way = "judged by the API server as a part of a resource (TestManifestsAreAccepted)"
	query     way = "parsed by promtool (TestQueriesAreAccepted)"
	elsewhere way = "tested by another package"
	exempt    way = "not tested"
	picture   way = "nothing that could be run"
	unknown   way = ""
)

// others are the blocks that no test of this package runs or judges. Which do, is said by test; why none does, by why.
var others = []struct{ page, begins, test, why string }{
	{page: "README.md", begins: "kubectl delete superofficewebhooks", test: onRealCluster},                          // other pages need what it removes
	{page: "charts/superoffice-webhook-operator/README.md", begins: "", test: "test/manifests TestChartIsAccepted"}, // its values
	{page: "docs/kubectl-superoffice.md", begins: "", test: "test/plugin TestSession"},
	{page: "docs/pools.md", begins: "receiver --config-dir", test: "cmd/receiver TestPool"},
	{page: "docs/exposure.md", begins: "extraEnv:", test: "test/chart TestValues"},
	{page: "docs/metrics.md", begins: "groups:", test: "monitoring TestPromtoolAcceptsTheAlerts"},

	{page: "docs/e2e.md", begins: "kind create", why: "kind needs a container runtime; make e2e without it runs the same tests"},
	{page: "docs/e2e.md", begins: "make prepare-e2e", why: "a shell for people, in a cluster that only root can make"},
	{page: "docs/receivers.md", begins: "rules:", why: "configuration of prometheus-adapter, which has no schema"},
}

// onRealCluster has blocks with these marks run with images.
const onRealCluster = "test/e2e TestRealCluster"

var marksOfRealCluster = []string{"run on a real cluster", "run with helm"}

// how says it of a block, given the one before it on the page.
func how(path string, block, before markdown.Block) (w way, because string) {
	if slices.Contains(marksOfRealCluster, block.Mark) {
		return elsewhere, onRealCluster
	}
	for _, o := range others {
		if o.page != path || !strings.HasPrefix(block.Text, o.begins) || o.begins == "" && isRunHere(path, block) {
			continue
		}
		if o.test != "" {
			return elsewhere, o.test
		}
		return exempt, o.why
	}
	switch block.Language {
	case "sh":
		if onlyMake.MatchString(block.Text) {
			return target, ""
		}
		return run, ""
	case "text":
		if above, _ := how(path, before, markdown.Block{}); above == run && block.Line-before.End <= 3 {
			return output, ""
		}
		return picture, ""
	case "yaml":
		switch {
		case strings.Contains("\n"+block.Text, "\nkind: "):
			return object, ""
		case part.MatchString(block.Text):
			return fragment, ""
		}
	case "promql":
		return query, ""
	case "mermaid", "http", "go":
		return picture, ""
	}
	return unknown, ""
}

// isRunHere: of a page that belongs to another test, commands are run all the same, unless that test has written them down.
func isRunHere(path string, block markdown.Block) bool {
	return block.Language == "sh" && path != "docs/kubectl-superoffice.md"
}

var (
	onlyMake = regexp.MustCompile(`^(make [^\n]*\n)+$`)
	part     = regexp.MustCompile(`^(spec|sinks|receiver|queue|exposure):`)
)

// TestEachBlockIsTested: whoever writes a block that fits nowhere decides how it is tested.
func TestEachBlockIsTested(t *testing.T) {
	t.Parallel()
	count, used := map[way]int{}, map[string]bool{}
	for path, page := range pages(t) {
		var before markdown.Block
		for _, block := range page.Blocks {
			w, because := how(path, block, before)
			before = block
			count[w]++
			used[path+because] = true
			if w == unknown {
				t.Errorf("%s:%d: no test runs or judges this block of %q; see others in test/docs/classes_test.go", path, block.Line, block.Language)
			}
		}
	}
	for _, o := range others {
		if !used[o.page+o.test+o.why] {
			t.Errorf("%s has no block that begins with %q any more", o.page, o.begins)
		}
		if o.test != "" {
			testExists(t, o.test)
		}
	}
	for w, n := range count {
		t.Logf("%3d %s", n, w)
	}
}

func testExists(t *testing.T, named string) {
	t.Helper()
	folder, name, _ := strings.Cut(named, " ")
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "\nfunc "+name+"(") {
			return
		}
	}
	t.Errorf("there is no %s", named)
}
