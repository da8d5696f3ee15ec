// SPDX-License-Identifier: Apache-2.0

// Chartdoc writes the README of the chart in the folder $1 to standard output. What it says of values are the comments in
// values.yaml; one without a comment is an error.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed README.md.tmpl
var text string

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "chartdoc: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("name the folder of the chart")
	}
	values, err := os.ReadFile(filepath.Join(args[0], "values.yaml"))
	if err != nil {
		return err
	}
	page, err := readme(values)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(page)
	return err
}

// readme is the whole page.
func readme(values []byte) ([]byte, error) {
	rows, err := describe(values)
	if err != nil {
		return nil, err
	}
	parsed, err := template.New("README").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the page's template: %w", err)
	}
	var b bytes.Buffer
	if err := parsed.Execute(&b, rows); err != nil {
		return nil, fmt.Errorf("fill in the page: %w", err)
	}
	return b.Bytes(), nil
}
