// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const page = "# Title\n" +
		"A [link](a.md#b) and ![an image](c.svg), but `no [link](d)`.\n" +
		"\n" +
		"<!-- run -->\n" +
		"```sh\n" +
		"# not a heading [nor](a link)\n" +
		"echo\n" +
		"```\n" +
		"## More: it's `code`\n" +
		"````\n" +
		"```\n" +
		"````\n" +
		"```yaml\n" +
		"a: 1\n" +
		"```\n"
	want := Page{
		Blocks: []Block{
			{Heading: "Title", Language: "sh", Mark: "run", Line: 6, End: 8, Text: "# not a heading [nor](a link)\necho\n"},
			{Heading: "More: it's `code`", Line: 11, End: 12, Text: "```\n"},
			{Heading: "More: it's `code`", Language: "yaml", Line: 14, End: 15, Text: "a: 1\n"},
		},
		Headings: []string{"Title", "More: it's `code`"},
		Links:    []string{"a.md#b", "c.svg"},
	}
	if diff := cmp.Diff(want, Parse(page)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAnchor(t *testing.T) {
	t.Parallel()
	for heading, want := range map[string]string{
		"Title":                                "title",
		"More: it's `code`":                    "more-its-code",
		"spec.sinks[]":                         "specsinks",
		"What SuperOffice is told, and when":   "what-superoffice-is-told-and-when",
		strings.Repeat("a ", 2) + "snake_case": "a-a-snake_case",
	} {
		if got := Anchor(heading); got != want {
			t.Errorf("%s: got %s, want %s", heading, got, want)
		}
	}
}
