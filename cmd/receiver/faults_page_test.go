// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// provenBy is a link to a test: its name as -run takes it, and the file that it stands in.
var provenBy = regexp.MustCompile("\\[`(Test\\w+)(?:/([^`]+))?`\\]\\(([^)]+)\\)")

// TestFaultsPage holds docs/faults.md against the tests: each of its rows ends with tests that exist, and each fault that is
// tested is a row.
func TestFaultsPage(t *testing.T) {
	t.Parallel()
	page := content(t, root+"docs/faults.md")
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		proof := strings.TrimSpace(cells[len(cells)-1])
		if !strings.HasPrefix(line, "|") || proof == "test" || strings.HasPrefix(proof, "---") {
			continue
		}
		links := provenBy.FindAllStringSubmatch(proof, -1)
		if len(links) == 0 {
			t.Errorf("no test is named by %s", line)
		}
		for _, link := range links {
			name, row, file := link[1], link[2], filepath.Join(root+"docs", link[3])
			if !testIn(t, file, name, row) {
				t.Errorf("there is no test %s/%s in %s", name, row, file)
			}
		}
	}
	for _, c := range sinkFaults {
		if name := "`TestFaultySink/" + strings.ReplaceAll(c.name, " ", "_") + "`"; !strings.Contains(page, name) {
			t.Errorf("the page does not name %s", name)
		}
	}
	files, err := filepath.Glob("faults_*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tests, _ := testsOf(t, file)
		for name := range tests {
			if name != t.Name() && !strings.Contains(page, "[`"+name) {
				t.Errorf("the page does not name %s", name)
			}
		}
	}
}

// testIn tells whether a file has a test, and a row of that name where one is asked for.
func testIn(t *testing.T, file, name, row string) bool {
	t.Helper()
	tests, words := testsOf(t, file)
	return tests[name] && (row == "" || words[row])
}

// testsOf returns the tests of a file and all its strings, spelt as names of tests are.
func testsOf(t *testing.T, file string) (tests, words map[string]bool) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	tests, words = map[string]bool{}, map[string]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && strings.HasPrefix(n.Name.Name, "Test") {
				tests[n.Name.Name] = true
			}
		case *ast.BasicLit:
			if word, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				words[strings.ReplaceAll(word, " ", "_")] = true
			}
		}
		return true
	})
	return tests, words
}
