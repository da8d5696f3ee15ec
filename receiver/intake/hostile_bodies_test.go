// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
)

// hostileBodies is what can be odd about a body, though it is signed as it should be: SuperOffice itself may have a bug, or
// somebody else the secret.
func hostileBodies() []chapter {
	return []chapter{{"Signed bodies", bodies()}}
}

func bodies() []hostile {
	const begun = `{"Event": "activity.created", "EventId": "1"`
	var all []hostile
	for what, body := range map[string]string{
		"no JSON":                           "rubbish",
		"none":                              "",
		"1 MiB of spaces":                   strings.Repeat(" ", config.DefaultMaxBodyBytes),
		"a list":                            "[" + begun + "}]",
		"a string":                          `"activity.created"`,
		"a number":                          "1",
		"`null`":                            "null",
		"`true`":                            "true",
		"an empty object":                   "{}",
		"two objects":                       begun + "}" + begun + "}",
		"an event with a byte behind it":    begun + "}x",
		"an event with a NUL behind it":     begun + "}\x00",
		"an event that ends too early":      begun,
		"an event with a comma too much":    begun + ",}",
		"an event with a comment":           begun + "/* */}",
		"an event in single quotes":         strings.ReplaceAll(begun+"}", `"`, "'"),
		"a byte order mark":                 "\ufeff" + begun + "}",
		"UTF-16":                            wide(begun + "}"),
		"UTF-16 with a byte order mark":     wide("\ufeff" + begun + "}"),
		"invalid UTF-8":                     begun + `, "x": "` + "\xff" + `"}`,
		"UTF-8 in more bytes than it takes": begun + `, "x": "` + "\xc0\xaf" + `"}`,
		"a surrogate in UTF-8":              begun + `, "x": "` + "\xed\xa0\x80" + `"}`,
		"gzip, without saying so":           "\x1f\x8b\x08\x00\x00",
		"NUL bytes":                         "\x00\x00\x00",
		"a NUL within a string":             begun + `, "x": "` + "\x00" + `"}`,
		"a line end within a string":        begun + `, "x": "` + "\n" + `"}`,
		"a form":                            "Event=activity.created&EventId=1",
		"XML":                               "<Event>activity.created</Event>",
		"half a million open brackets":      strings.Repeat("[", 500_000),
		"lists, 100 000 deep":               begun + `, "x": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}",
		"objects, 100 000 deep":             begun + `, "x": ` + strings.Repeat(`{"":`, 100_000) + "1" + strings.Repeat("}", 100_000) + "}",
		"no Event":                          `{"EventId": "1"}`,
		"an empty Event":                    `{"Event": ""}`,
		"Event is a number":                 `{"Event": 1}`,
		"Event is `null`":                   `{"Event": null}`,
		"Event is a list":                   `{"Event": ["activity.created"]}`,
		"`event` in small letters":          `{"event": "activity.created"}`,
		"EventId with a line end":           `{"Event": "activity.created", "EventId": "1\r\nX: 1"}`,
		"EventId with a NUL":                `{"Event": "activity.created", "EventId": "\u0000"}`,
		"ContextIdentifier with a line end": begun + `, "ContextIdentifier": "a\nb"}`,
		"PrimaryKey over 64 bits":           begun + `, "PrimaryKey": 9223372036854775808}`,
		"PrimaryKey of a million digits":    begun + `, "PrimaryKey": ` + strings.Repeat("9", 1_000_000) + "}",
		"PrimaryKey of 1e400":               begun + `, "PrimaryKey": 1e400}`,
		"PrimaryKey of 1.5":                 begun + `, "PrimaryKey": 1.5}`,
		"PrimaryKey is a string":            begun + `, "PrimaryKey": "1"}`,
		"Changes is an object":              begun + `, "Changes": {}}`,
		"Changes holds a list":              begun + `, "Changes": [[]]}`,
		"FieldValues is a list":             begun + `, "FieldValues": []}`,
		"Event twice, the last is a number": begun + `, "Event": 1}`,
	} {
		all = append(all, hostile{what: what, raw: post([]byte(body)).bytes(), want: []intake.Reason{intake.NoEvent}, dead: [][]byte{[]byte(body)}})
	}
	taken := map[string]string{
		"1 MiB of an event and spaces":        begun + "}" + strings.Repeat(" ", config.DefaultMaxBodyBytes-len(begun)-1),
		"lists, 9 000 deep":                   begun + `, "x": ` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + "}",
		"numbers of 100 000 digits":           begun + `, "x": ` + strings.Repeat("9", 100_000) + "}",
		"a number of 1e999999999":             begun + `, "x": 1e999999999}`,
		"PrimaryKey of 2^63-1":                begun + `, "PrimaryKey": 9223372036854775807}`,
		"Event twice, the last is wanted":     `{"Event": "contact.created", "Event": "activity.created", "EventId": "1"}`,
		"EventId twice":                       begun + `, "EventId": "2"}`,
		"100 000 times the same key":          begun + strings.Repeat(`,"x":1`, 100_000) + "}",
		"50 000 different keys":               begun + keys(50_000) + "}",
		"100 000 changes":                     begun + `, "Changes": [` + strings.Repeat(`"",`, 100_000) + `""]}`,
		"an escaped key `\\u0045vent`":        `{"\u0045vent": "activity.created", "EventId": "1"}`,
		"half a surrogate, escaped":           `{"Event": "activity.created", "EventId": "\ud800"}`,
		"a direction mark in EventId":         `{"Event": "activity.created", "EventId": "\u202e1"}`,
		"EventId of 1 000 000 bytes":          `{"Event": "activity.created", "EventId": "` + strings.Repeat("1", 1_000_000) + `"}`,
		"EventId like a subject of the queue": `{"Event": "activity.created", "EventId": "*.>"}`,
		"EventId of spaces":                   `{"Event": "activity.created", "EventId": "  "}`,
		"keys that are not ours":              begun + `, "__proto__": {}, "": null}`,
	}
	for what, body := range taken {
		all = append(all, hostile{what: what, raw: post([]byte(body)).bytes(), want: []intake.Reason{intake.Stored}, stored: [][]byte{[]byte(body)}})
	}
	for _, c := range []struct {
		what, body string
		want       intake.Reason
	}{
		{"Event twice, the last is not wanted", begun + `, "Event": "contact.created"}`, intake.EventNotWanted},
		{"Event twice, the last is `test`", begun + `, "Event": "test"}`, intake.TestEvent},
		{"Event like a subject of the queue", `{"Event": "activity.*"}`, intake.EventNotWanted},
		{"Event of everything", `{"Event": ">"}`, intake.EventNotWanted},
		{"Event with a space behind it", `{"Event": "activity.created "}`, intake.EventNotWanted},
		{"Event in capitals", `{"Event": "ACTIVITY.CREATED"}`, intake.EventNotWanted},
		{"Event of 1 000 000 bytes", `{"Event": "` + strings.Repeat("a", 1_000_000) + `"}`, intake.EventNotWanted},
	} {
		all = append(all, hostile{what: c.what, raw: post([]byte(c.body)).bytes(), want: []intake.Reason{c.want}})
	}
	return append(all, refused(intake.BodyTooLarge, map[string]request{
		"over the limit":                         post(large),
		"over the limit, though not signed":      unsigned(large),
		"over the limit, though marked as tests": unsigned(large).with("X-Hook-Test: true"),
	})...)
}

// keys are so many members of an object, each with a name of its own.
func keys(n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `,"%d":0`, i)
	}
	return all.String()
}

// wide is a text in UTF-16.
func wide(text string) string {
	var b bytes.Buffer
	for _, unit := range utf16.Encode([]rune(text)) {
		b.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return b.String()
}
