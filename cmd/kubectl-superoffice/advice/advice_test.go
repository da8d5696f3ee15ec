// SPDX-License-Identifier: Apache-2.0

package advice

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/intake"
)

// TestEveryReasonHasAdvice reads the reasons from the source, since Go cannot list constants. Whoever adds one adds what to
// do about it.
func TestEveryReasonHasAdvice(t *testing.T) {
	t.Parallel()
	want := reasons(t, "../../../api/v1alpha1/reasons.go")
	if len(want) < 20 {
		t.Fatalf("only %d reasons were found: has the file moved?", len(want))
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(conditions))); diff != "" {
		t.Errorf("the reasons of api/v1alpha1, and those that package advice has a word for (-want +got)\n%s", diff)
	}
}

func reasons(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, text)
		return true
	})
	slices.Sort(found)
	return found
}

func TestEveryRejectionHasAdvice(t *testing.T) {
	t.Parallel()
	var want []string
	for _, reason := range intake.Reasons() {
		if reason.Status() != 200 {
			want = append(want, string(reason))
		}
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(rejections))); diff != "" {
		t.Errorf("the reasons of intake, and those that package advice has a word for (-want +got)\n%s", diff)
	}
}

func TestAdviceSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for reason, a := range conditions {
		if a.Do == "" != (a.Severity == Fine) {
			t.Errorf("%s: severity %s with the advice %q", reason, a.Severity, a.Do)
		}
	}
	for _, text := range []string{Condition("OfTomorrow").Do, Rejection("OfTomorrow")} {
		if !strings.Contains(text, "plugin") {
			t.Errorf("of what is not known it says %q", text)
		}
	}
}
