// SPDX-License-Identifier: Apache-2.0

// Package markdown finds what can be checked in a page of Markdown: blocks of code, headings and links. It knows the few
// forms that this project's pages use, and no others.
package markdown

import (
	"regexp"
	"strings"
)

// Block is a fenced block of code.
type Block struct {
	// Heading is the text of the heading above it; empty before the first.
	Heading string
	// Language is the word behind the fence.
	Language string
	// Mark is the text of a comment in the line before the fence, such as "run"; mostly empty.
	Mark string
	// Line and End are the numbers of the block's first line in the page, and of the fence behind its last.
	Line, End int
	Text      string
}

// Page is what there is in a page.
type Page struct {
	Blocks   []Block
	Headings []string
	// Links are targets as they are written, of images too.
	Links []string
}

var (
	comment = regexp.MustCompile(`^<!-- (.*) -->$`)
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	code    = regexp.MustCompile("`[^`]*`")
)

// Parse reads a page.
func Parse(text string) Page {
	var p Page
	var open *Block
	fence, heading, mark := "", "", ""
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case open != nil && trimmed == fence:
			open.End = i + 1
			p.Blocks = append(p.Blocks, *open)
			open = nil
		case open != nil:
			open.Text += line + "\n"
		case strings.HasPrefix(trimmed, "```"):
			fence = trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, "`"))]
			open = &Block{Heading: heading, Language: strings.TrimLeft(trimmed, "`"), Mark: mark, Line: i + 2}
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
			p.Headings = append(p.Headings, heading)
		default:
			for _, found := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
				p.Links = append(p.Links, found[1])
			}
		}
		if found := comment.FindStringSubmatch(trimmed); open == nil && found != nil {
			mark = found[1]
		} else if trimmed != "" {
			mark = ""
		}
	}
	return p
}

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

// Anchor is the name that GitHub gives a heading, but for a number where the heading occurs more than once.
func Anchor(heading string) string {
	return strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}
