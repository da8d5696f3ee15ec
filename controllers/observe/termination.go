// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	core "k8s.io/api/core/v1"
)

// endOf says how a container ended that should not have; empty for one that ended well, or has not ended.
func endOf(t *core.ContainerStateTerminated) string {
	switch {
	case t == nil || t.ExitCode == 0:
		return ""
	case lastWords(t.Message) != "":
		return lastWords(t.Message)
	case t.Reason != "" && t.Reason != "Error":
		return t.Reason // such as OOMKilled
	}
	return fmt.Sprintf("exit code %d", t.ExitCode)
}

func after(what, end string) string {
	if end == "" {
		return what
	}
	return what + " after: " + end
}

// lastWords finds why a receiver ended in its termination message, which is the end of its log where nobody wrote another
// (terminationMessagePolicy: FallbackToLogsOnError). Nothing is repeated but the error of its own last line, or what Go's
// runtime says: errors of the receiver name no secret, and other containers may write what they like.
func lastWords(message string) string {
	lines := strings.Split(strings.TrimSpace(message), "\n")
	var line struct {
		Level string `json:"level"`
		Err   string `json:"err"`
	}
	if json.Unmarshal([]byte(lines[len(lines)-1]), &line) == nil && line.Level == "ERROR" {
		return oneLine(line.Err)
	}
	for _, l := range lines {
		if strings.HasPrefix(l, "panic: runtime error: ") || strings.HasPrefix(l, "fatal error: ") {
			return oneLine(l)
		}
	}
	return ""
}

// oneLine bounds a text and leaves out what is not to be printed.
func oneLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
	return Shorten(strings.TrimSpace(text), 2*maxError)
}
