// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// section tells of one object: its fields, and the rules that concern several of them.
type section struct {
	Path, Text string
	Fields     []field
	Rules      []string
}

type field struct {
	Name, Type, Default, Text string
	Required                  bool
}

type schema = apiextensions.JSONSchemaProps

// describe tells of an object and of all objects below it.
func describe(path string, object schema) []section {
	s := section{Path: path, Text: prose(object.Description), Rules: messages(object)}
	var below []section
	for _, name := range slices.Sorted(maps.Keys(object.Properties)) {
		property := object.Properties[name]
		f := field{
			Name: name, Type: typeOf(property), Text: cell(property),
			Required: slices.Contains(object.Required, name),
		}
		if property.Default != nil {
			f.Default = string(property.Default.Raw)
		}
		if inner, suffix := element(property); len(inner.Properties) > 0 {
			target := path + "." + name + suffix
			f.Type = fmt.Sprintf("[%s](#%s)", f.Type, anchor(target))
			below = append(below, describe(target, inner)...)
		}
		s.Fields = append(s.Fields, f)
	}
	return append([]section{s}, below...)
}

// element is what a list consists of, or the schema itself.
func element(s schema) (inner schema, suffix string) {
	switch {
	case s.Type == "array" && s.Items != nil && s.Items.Schema != nil:
		return *s.Items.Schema, "[]"
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		return *s.AdditionalProperties.Schema, ".*"
	}
	return s, ""
}

func typeOf(s schema) string {
	inner, suffix := element(s)
	switch {
	case suffix == "[]":
		return "list of " + typeOf(inner)
	case suffix != "":
		return "map of " + typeOf(inner)
	case s.XIntOrString:
		return "integer or string"
	case s.Format == "date-time":
		return "time"
	}
	return s.Type
}

// anchor is the name that GitHub gives a heading.
func anchor(heading string) string {
	return strings.NewReplacer(".", "", "[", "", "]", "", "*", "").Replace(strings.ToLower(heading))
}

// cell is the text about a field, in one line, with what its own schema checks.
func cell(s schema) string {
	inner, _ := element(s)
	text := strings.ReplaceAll(prose(s.Description), "\n\n", "<br>")
	for _, more := range append(limits(s), rulesOfScalars(s, inner)...) {
		text += "<br>" + more
	}
	return strings.ReplaceAll(strings.TrimPrefix(text, "<br>"), "|", `\|`)
}

// prose joins the lines of paragraphs. Lines that are indented are examples and stay apart.
func prose(text string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") {
			paragraph = "`" + strings.Join(strings.Fields(paragraph), " ") + "`"
		}
		paragraphs = append(paragraphs, strings.ReplaceAll(paragraph, "\n", " "))
	}
	return strings.Join(paragraphs, "\n\n")
}

// limits are what the schema itself says of a value, or of each of a list.
func limits(s schema) []string {
	var all []string
	inner, suffix := element(s)
	if suffix == "[]" && s.MinItems != nil {
		all = append(all, fmt.Sprintf("At least %d.", *s.MinItems))
	}
	if suffix == "[]" && s.MaxItems != nil {
		all = append(all, fmt.Sprintf("At most %d.", *s.MaxItems))
	}
	if inner.Minimum != nil {
		all = append(all, fmt.Sprintf("Minimum %v.", *inner.Minimum))
	}
	if inner.Maximum != nil {
		all = append(all, fmt.Sprintf("Maximum %v.", *inner.Maximum))
	}
	if inner.MaxLength != nil {
		all = append(all, fmt.Sprintf("Up to %d characters.", *inner.MaxLength))
	}
	var words []string
	for _, value := range inner.Enum {
		words = append(words, "`"+strings.Trim(string(value.Raw), `"`)+"`")
	}
	if len(words) > 0 {
		all = append(all, "One of "+strings.Join(words, ", ")+".")
	}
	return all
}

// rulesOfScalars are those of a value that has no section of its own.
func rulesOfScalars(s, inner schema) []string {
	if len(inner.Properties) > 0 && s.Type != "array" {
		return nil
	}
	var all []string
	for _, message := range messages(s) {
		all = append(all, "Checked: "+message+".")
	}
	if s.Type == "array" && len(inner.Properties) == 0 {
		for _, message := range messages(inner) {
			all = append(all, "Checked of each: "+message+".")
		}
	}
	return all
}

func messages(s schema) []string {
	var all []string
	for _, rule := range s.XValidations {
		message := rule.Message
		if message == "" {
			message = "`" + rule.Rule + "`"
		}
		all = append(all, message)
	}
	return all
}
