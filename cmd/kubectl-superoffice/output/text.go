// SPDX-License-Identifier: Apache-2.0

package output

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Printable keeps what comes from outside from steering the terminal or breaking a table.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// OrDash is a text, or a dash where there is none.
func OrDash(s string) string {
	if s == "" {
		return "-"
	}
	return Printable(s)
}

// Moment is a time for people who compare it with those of logs.
func Moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Age is how long ago something was, as short as kubectl has it; a dash where it never was.
func Age(now, then time.Time) string {
	if then.IsZero() {
		return "-"
	}
	return Span(now.Sub(then))
}

// Span is a duration in at most two units.
func Span(d time.Duration) string {
	d = max(d, 0)
	days := int(d.Hours()) / 24
	hours, minutes, seconds := int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case days >= 10 || days > 0 && hours == 0:
		return fmt.Sprintf("%dd", days)
	case days > 0:
		return fmt.Sprintf("%dd%dh", days, hours)
	case hours >= 10 || hours > 0 && minutes == 0:
		return fmt.Sprintf("%dh", hours)
	case hours > 0:
		return fmt.Sprintf("%dh%dm", hours, minutes)
	case minutes >= 10 || minutes > 0 && seconds == 0:
		return fmt.Sprintf("%dm", minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm%ds", minutes, seconds)
	}
	return fmt.Sprintf("%ds", seconds)
}

// lineWidth is how wide sentences are set.
const lineWidth = 110

// Wrap sets a text in lines that begin with an indent. A word that is longer than a line stays whole.
func Wrap(text string, indent int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if column > 0 && column+1+n <= lineWidth {
			b.WriteString(" " + word)
			column += 1 + n
			continue
		}
		if column > 0 {
			b.WriteString("\n")
		}
		b.WriteString(strings.Repeat(" ", indent) + word)
		column = indent + n
	}
	return b.String()
}

// Bytes is an amount of data for people.
func Bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	size, prefix := float64(n)/unit, 0
	for size >= unit && prefix < 3 {
		size /= unit
		prefix++
	}
	return fmt.Sprintf("%.3g %ciB", size, "KMGT"[prefix])
}

// Count is a number with its noun.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
