// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"math"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/sink/format"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestFill(t *testing.T) {
	for name, c := range map[string]struct {
		template string
		event    superoffice.Event
		limit    int
		want     string
	}{
		"all placeholders": {
			"crm.{tenant}.{entity}.{event}",
			superoffice.Event{Name: "activity.created", ContextIdentifier: "Cust12345", Entity: "activity"},
			math.MaxInt, "crm.Cust12345.activity.activity.created",
		},
		"no placeholder":             {"crm", superoffice.Event{Name: "a.b"}, math.MaxInt, "crm"},
		"nothing to fill in":         {"{tenant}.{entity}.{event}", superoffice.Event{}, math.MaxInt, "_._._"},
		"an empty part of the event": {"{event}", superoffice.Event{Name: "a..b"}, math.MaxInt, "a._.b"},
		"what could be an order": {
			"{tenant}.{entity}.{event}",
			superoffice.Event{Name: "a.*", ContextIdentifier: "a.>", Entity: "list 110\u00e9"},
			math.MaxInt, "a__.list_110_.a._",
		},
		"a placeholder in a value": {"{tenant}", superoffice.Event{ContextIdentifier: "{event}"}, math.MaxInt, "_event_"},
		"too long": {
			"{tenant}.{entity}.{event}",
			superoffice.Event{Name: "abc.def", ContextIdentifier: "abcdef", Entity: "abcde"},
			5, "abcde.abcde.abc.d",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := format.Fill(c.template, &c.event, c.limit); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
