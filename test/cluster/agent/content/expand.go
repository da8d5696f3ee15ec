// SPDX-License-Identifier: Apache-2.0

package content

import "strings"

// Expand replaces $(NAME) by the variable of that name. As in Kubernetes, $$ is a dollar sign, and a reference to an
// unknown variable stays as it is.
func Expand(s string, variables map[string]string) string {
	var out strings.Builder
	for {
		text, rest, found := strings.Cut(s, "$")
		out.WriteString(text)
		if !found {
			return out.String()
		}
		if tail, ok := strings.CutPrefix(rest, "$"); ok {
			out.WriteByte('$')
			s = tail
			continue
		}
		name, tail, ok := reference(rest)
		if !ok {
			out.WriteByte('$')
			s = rest
			continue
		}
		if value, known := variables[name]; known {
			out.WriteString(value)
		} else {
			out.WriteString("$(" + name + ")")
		}
		s = tail
	}
}

func reference(s string) (name, rest string, ok bool) {
	inner, ok := strings.CutPrefix(s, "(")
	if !ok {
		return "", "", false
	}
	return strings.Cut(inner, ")")
}
