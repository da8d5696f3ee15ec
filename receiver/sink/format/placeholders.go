// SPDX-License-Identifier: Apache-2.0

package format

import (
	"strings"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// Fill fills the placeholders {event}, {tenant} and {entity} of a name in, such as a subject or a routing key, by what an
// event says. What comes from a body is made safe: of each value at most limit bytes are taken, and whatever is not a
// letter or digit of ASCII, '-' or '_' becomes '_', as does nothing at all. Only the dots of an event's name stay.
func Fill(template string, e *superoffice.Event, limit int) string {
	words := strings.Split(e.Name[:min(len(e.Name), limit)], ".")
	for i := range words {
		words[i] = word(words[i], limit)
	}
	return strings.NewReplacer(
		"{event}", strings.Join(words, "."), "{tenant}", word(e.ContextIdentifier, limit), "{entity}", word(e.Entity, limit),
	).Replace(template)
}

func word(value string, limit int) string {
	if value == "" {
		return "_"
	}
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, value)
	return safe[:min(len(safe), limit)]
}
