// SPDX-License-Identifier: Apache-2.0

// Apidoc writes docs/api.md to standard output: every field of the custom resource definition in the file $1, with what its
// schema says and checks.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/template"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

//go:embed api.md.tmpl
var text string

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "apidoc: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("name the file with the custom resource definition")
	}
	file, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	page, err := reference(file)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	_, err = os.Stdout.WriteString(page)
	return err
}

// reference is the whole page.
func reference(file []byte) (string, error) {
	var definition apiextensions.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(file, &definition); err != nil {
		return "", fmt.Errorf("read the definition: %w", err)
	}
	if len(definition.Spec.Versions) != 1 {
		return "", fmt.Errorf("there are %d versions: say which one to write about", len(definition.Spec.Versions))
	}
	version := definition.Spec.Versions[0]
	var sections []section
	for _, part := range []string{"spec", "status"} {
		sections = append(sections, describe(part, version.Schema.OpenAPIV3Schema.Properties[part])...)
	}
	parsed, err := template.New("page").Parse(text)
	if err != nil {
		return "", fmt.Errorf("read the page's template: %w", err)
	}
	var b strings.Builder
	err = parsed.Execute(&b, map[string]any{
		"Names": definition.Spec.Names, "Group": definition.Spec.Group, "Version": version, "Sections": sections,
	})
	return b.String(), err
}
