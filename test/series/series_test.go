// SPDX-License-Identifier: Apache-2.0

package series

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecording(t *testing.T) {
	t.Parallel()
	var r Recording
	for _, page := range []string{"# HELP a b\na 5\n", "a 5\nb{c=\"d e\"} 1.5\n", "a 6\nb{c=\"d e\"} 2\nother 1\n", "", ""} {
		values, err := Read(strings.NewReader(page), `pod="p"`, func(name string) bool { return name != "other" })
		if err != nil {
			t.Fatal(err)
		}
		r.Add(values)
	}
	got := map[string]string{}
	for series, values := range r.All() {
		got[series] = values
	}
	want := map[string]string{`a{pod="p"}`: "5x1 6 stale _", `b{pod="p",c="d e"}`: "_ 1.5 2 stale _"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := Read(strings.NewReader("a b\n"), "", func(string) bool { return true }); err == nil {
		t.Error("a value that is no number was taken")
	}
}
