// SPDX-License-Identifier: Apache-2.0

package output

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// Format is the value of --output.
type Format string

// The formats. Text is for people, Wide for those with a wide terminal; a command may know more of its own.
const (
	Text Format = ""
	Wide Format = "wide"
	JSON Format = "json"
	YAML Format = "yaml"
)

// AddFlag adds --output with these formats, which shells complete.
func (f *Format) AddFlag(cmd *cobra.Command, known ...Format) {
	cmd.Flags().VarP(&flag{f, known}, "output", "o", "format: "+names(known, " or ")+" (default: for people)")
	_ = cmd.RegisterFlagCompletionFunc("output", // fails only where there is no such flag
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return strings.Split(names(known, ","), ","), cobra.ShellCompDirectiveNoFileComp
		})
}

// Document writes a value as JSON or YAML.
func (f Format) Document(w io.Writer, value any) error {
	if f == YAML {
		text, err := yaml.Marshal(value)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// ForScripts tells whether a document is wanted.
func (f Format) ForScripts() bool { return f == JSON || f == YAML }

type flag struct {
	format *Format
	known  []Format
}

func (f *flag) Set(text string) error {
	if !slices.Contains(f.known, Format(text)) {
		return fmt.Errorf("must be %s", names(f.known, " or "))
	}
	*f.format = Format(text)
	return nil
}

func (f *flag) String() string { return string(*f.format) }
func (f *flag) Type() string   { return "format" }

func names(known []Format, separator string) string {
	var list []string
	for _, f := range known {
		list = append(list, string(f))
	}
	return strings.Join(list, separator)
}
