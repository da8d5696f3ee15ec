// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"regexp"
	"slices"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// limit is one thing that a schema asks of a field, by what the API server says when it is not kept.
type limit struct{ field, says string }

// limitsOf lists what a schema asks of what a user writes.
func limitsOf(field string, s apiextensions.JSONSchemaProps) []limit {
	var all []limit
	for _, l := range []struct {
		asked bool
		says  string
	}{
		{s.MinLength != nil, "should be at least"},
		{s.MaxLength != nil, "Too long"},
		{s.Pattern != "", "should match"},
		{s.Enum != nil, "Unsupported value"},
		{s.Minimum != nil, "should be greater than or equal to"},
		{s.Maximum != nil, "should be less than or equal to"},
		{s.MinItems != nil, "should have at least"},
		{s.MaxItems != nil || s.MaxProperties != nil, "Too many"},
	} {
		if l.asked {
			all = append(all, limit{field, l.says})
		}
	}
	for _, rule := range s.XValidations {
		all = append(all, limit{field, rule.Message})
	}
	for _, name := range s.Required {
		all = append(all, limit{join(field, name), "Required value"})
	}
	if s.XListType != nil && *s.XListType != "atomic" {
		all = append(all, limit{field + "[]", "Duplicate value"})
	}
	for name, property := range s.Properties {
		if field != "" || name == "spec" {
			all = append(all, limitsOf(join(field, name), property)...)
		}
	}
	if s.Items != nil {
		all = append(all, limitsOf(field+"[]", *s.Items.Schema)...)
	}
	if s.AdditionalProperties != nil { // those that the cases use
		all = append(all, limitsOf(join(field, "memory"), *s.AdditionalProperties.Schema)...)
	}
	return all
}

func join(field, name string) string { return strings.TrimPrefix(field+"."+name, ".") }

// metBy tells which limits are named as the causes of refusals.
func metBy(causes []metav1.StatusCause) func(limit) bool {
	index := regexp.MustCompile(`\[\d+\]`)
	return func(l limit) bool {
		return slices.ContainsFunc(causes, func(c metav1.StatusCause) bool {
			field := strings.TrimPrefix(index.ReplaceAllString(c.Field, "[]"), "<nil>")
			return field == l.field && strings.Contains(c.Message, l.says)
		})
	}
}
