// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// row tells of one value, or of a group of values, which has no default of its own.
type row struct{ Name, Default, Text string }

// describe lists all values in the order of the file.
func describe(values []byte) ([]row, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(values, &file); err != nil {
		return nil, fmt.Errorf("read the values: %w", err)
	}
	if len(file.Content) != 1 || file.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("read the values: they must be a map")
	}
	return below("", file.Content[0])
}

func below(prefix string, group *yaml.Node) ([]row, error) {
	var rows []row
	for i := 0; i < len(group.Content); i += 2 {
		key, value := group.Content[i], group.Content[i+1]
		name := prefix + key.Value
		comment := prose(key.HeadComment)
		if comment == "" {
			return nil, fmt.Errorf("line %d: %s has no comment", key.Line, name)
		}
		if isGroup(value) {
			inner, err := below(name+".", value)
			if err != nil {
				return nil, err
			}
			rows = append(append(rows, row{Name: name + ".*", Text: comment}), inner...)
			continue
		}
		standard, err := inJSON(value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", key.Line, name, err)
		}
		rows = append(rows, row{name, standard, comment})
	}
	return rows, nil
}

// isGroup tells a map of values from a value that is a map: what is below a value belongs to Kubernetes, which says
// what it means.
func isGroup(value *yaml.Node) bool {
	return value.Kind == yaml.MappingNode && len(value.Content) > 0 && value.Content[0].HeadComment != ""
}

// prose makes one line of a comment. Of comments with empty lines between them, the last is about the value.
func prose(comment string) string {
	paragraphs := strings.Split(comment, "\n\n")
	var words []string
	for line := range strings.SplitSeq(paragraphs[len(paragraphs)-1], "\n") {
		words = append(words, strings.TrimSpace(strings.TrimPrefix(line, "#")))
	}
	return strings.ReplaceAll(strings.Join(words, " "), "|", `\|`)
}

func inJSON(value *yaml.Node) (string, error) {
	var decoded any
	if err := value.Decode(&decoded); err != nil {
		return "", err
	}
	text, err := json.Marshal(decoded)
	return string(text), err
}
