// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"bytes"
	"encoding/json"
)

// What is here walks over JSON that is known to be valid (json.Valid) and takes the values out as they stand, without
// copying them. encoding/json can do that too, but checks every value once more at each level, which takes three times as
// long as all of the rest of Parse; and every event that a receiver accepts is parsed before it is answered.

// members calls visit with each member of an object, in the order of the text: the key with its quotes, and the value.
func members(object []byte, visit func(key, value []byte)) {
	for i := skipSpace(object, skipSpace(object, 0)+1); object[i] != '}'; {
		end := skipValue(object, i)
		key := object[i:end]
		i = skipSpace(object, skipSpace(object, end)+1) // the colon
		end = skipValue(object, i)
		visit(key, object[i:end])
		if i = skipSpace(object, end); object[i] == ',' {
			i = skipSpace(object, i+1)
		}
	}
}

// elements calls visit with each element of an array.
func elements(array []byte, visit func(value []byte)) {
	for i := skipSpace(array, skipSpace(array, 0)+1); array[i] != ']'; {
		end := skipValue(array, i)
		visit(array[i:end])
		if i = skipSpace(array, end); array[i] == ',' {
			i = skipSpace(array, i+1)
		}
	}
}

func skipSpace(data []byte, i int) int {
	for data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t' {
		i++
	}
	return i
}

// skipValue returns the end of the value that begins at i.
func skipValue(data []byte, i int) int {
	switch data[i] {
	case '"':
		return skipString(data, i)
	case '{', '[':
		return skipNested(data, i)
	}
	n := bytes.IndexAny(data[i:], ",]} \r\n\t")
	if n < 0 {
		return len(data)
	}
	return i + n
}

func skipNested(data []byte, i int) int {
	for depth := 0; ; {
		switch data[i] {
		case '"':
			i = skipString(data, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
}

func skipString(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// unquote reads a string.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // it is valid
	return text
}
