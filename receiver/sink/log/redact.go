// SPDX-License-Identifier: Apache-2.0

package log

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// everything stands for all keys.
const everything = "*"

var redacted = json.RawMessage(`"[redacted]"`)

// redaction says which values are not to be seen.
type redaction struct {
	all  bool
	keys map[string]bool // in lower case: who spells a key otherwise means it all the same
}

func newRedaction(keys []string) redaction {
	r := redaction{keys: make(map[string]bool, len(keys))}
	for _, key := range keys {
		r.all = r.all || key == everything
		r.keys[strings.ToLower(key)] = true
	}
	return r
}

func (r redaction) hides(key string) bool { return r.all || r.keys[strings.ToLower(key)] }

// values returns a copy without the values that are not to be seen.
func (r redaction) values(values map[string]json.RawMessage) map[string]json.RawMessage {
	seen := make(map[string]json.RawMessage, len(values))
	for key, value := range values {
		if r.hides(key) {
			value = redacted
		}
		seen[key] = value
	}
	return seen
}

// body returns an event's body without the values that are not to be seen. Of a repeated key the last value is left, as
// in the event, so that no value slips through by standing there twice.
func (r redaction) body(e *superoffice.Event) (json.RawMessage, error) {
	if !r.all && len(r.keys) == 0 {
		return e.Raw, nil
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(e.Raw, &keys); err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	for key := range e.Extra {
		if r.hides(key) {
			keys[key] = redacted
		}
	}
	for key, values := range map[string]map[string]json.RawMessage{"FieldValues": e.FieldValues, "Values": e.Values} {
		if values == nil {
			continue
		}
		seen, err := encode(r.values(values))
		if err != nil {
			return nil, err
		}
		keys[key] = seen
	}
	return encode(keys)
}
