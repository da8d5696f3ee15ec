// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"encoding/json"
)

// decode reads JSON values. Whole numbers become int64, so that no digit is lost and int(…) is not needed.
func decode(raw map[string]json.RawMessage) map[string]any {
	values := make(map[string]any, len(raw))
	for key, text := range raw {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var value any
		if d.Decode(&value) == nil { // they were parsed before
			values[key] = plain(value)
		}
	}
	return values
}

func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	}
	return value
}
