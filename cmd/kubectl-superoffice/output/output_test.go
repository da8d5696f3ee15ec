// SPDX-License-Identifier: Apache-2.0

package output

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func TestTable(t *testing.T) {
	t.Parallel()
	table := Table{Header: []string{"NAME", "READY", "NOTE"}, Indent: "  "}
	table.Add(Cell{Text: "crm"}, Cell{"True", Good}, Cell{Text: "längeres"})
	table.Add(Cell{Text: "a-long-name"}, Cell{"False", Bad}, Cell{Text: "\x1b[2Jno\nsteering"})
	for name, test := range map[string]struct {
		palette Palette
		want    string
	}{
		"for a file": {false, "" +
			"  NAME          READY   NOTE\n" +
			"  crm           True    längeres\n" +
			"  a-long-name   False    [2Jno steering\n"},
		"for a terminal": {true, "" +
			"  NAME          READY   NOTE\n" +
			"  crm           \033[32mTrue\033[0m    längeres\n" +
			"  a-long-name   \033[31mFalse\033[0m    [2Jno steering\n"},
	} {
		var got bytes.Buffer
		if err := table.Write(&got, test.palette); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got.String()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	var row bytes.Buffer
	if err := WriteRow(&row, false, table.Widths(), Plain("bi", "Unknown", "x")); err != nil {
		t.Fatal(err)
	}
	if want := "bi            Unknown   x\n"; row.String() != want {
		t.Errorf("one more row is %q, want %q", row.String(), want)
	}
}

func TestPaletteOf(t *testing.T) {
	if bool(PaletteOf(&bytes.Buffer{})) || bool(PaletteOf(os.Stdin)) && !IsTerminal(os.Stdin) {
		t.Error("there are colours where there is no terminal")
	}
	t.Setenv("NO_COLOR", "1")
	if PaletteOf(os.Stdout) {
		t.Error("there are colours with NO_COLOR")
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second:              "0s",
		0:                         "0s",
		59900 * time.Millisecond:  "59s",
		time.Minute:               "1m",
		61 * time.Second:          "1m1s",
		10*time.Minute + 1:        "10m",
		90 * time.Minute:          "1h30m",
		23 * time.Hour:            "23h",
		25 * time.Hour:            "1d1h",
		48 * time.Hour:            "2d",
		240*time.Hour + time.Hour: "10d",
	} {
		if got := Span(d); got != want {
			t.Errorf("%s is shown as %s, want %s", d, got, want)
		}
	}
	if got := Age(time.Now(), time.Time{}); got != "-" {
		t.Errorf("what never was is %s ago", got)
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 1 << 30: "1 GiB", 5 << 40: "5 TiB", 123456789: "118 MiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d bytes are shown as %s, want %s", n, got, want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	value := map[string]any{"url": "http://a/?b&c", "n": 1}
	for given, want := range map[string]string{
		"json": "{\n  \"n\": 1,\n  \"url\": \"http://a/?b&c\"\n}\n",
		"yaml": "\"n\": 1\nurl: http://a/?b&c\n",
	} {
		var f Format
		cmd := &cobra.Command{}
		f.AddFlag(cmd, JSON, YAML)
		flags := cmd.Flags()
		if err := flags.Parse([]string{"-o", given}); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := f.Document(&got, value); err != nil || got.String() != want {
			t.Errorf("%s: %q (%v), want %q", given, got.String(), err, want)
		}
		if err := flags.Parse([]string{"-o", "xml"}); err == nil || err.Error() != `invalid argument "xml" for "-o, --output" flag: must be json or yaml` {
			t.Errorf("an unknown format: %v", err)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", lineWidth+5)
	for text, want := range map[string]string{
		"":                          "",
		"a b":                       "  a b",
		"a\nb  c":                   "  a b c",
		"a " + long + " b":          "  a\n  " + long + "\n  b",
		strings.Repeat("abcd ", 30): "  " + strings.TrimSpace(strings.Repeat("abcd ", 21)) + "\n  " + strings.TrimSpace(strings.Repeat("abcd ", 9)),
	} {
		if got := Wrap(text, 2); got != want {
			t.Errorf("%q is set as\n%s\nwant\n%s", text, got, want)
		}
	}
}
