// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/filter"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func event(t *testing.T, body []byte) *superoffice.Event {
	t.Helper()
	e, err := superoffice.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sample(t *testing.T, name string) *superoffice.Event {
	t.Helper()
	body, err := fixtures.Body(name)
	if err != nil {
		t.Fatal(err)
	}
	return event(t, body)
}

func TestMatch(t *testing.T) {
	own := event(t, []byte(`{"Event":"activity.created","EventId":"1","PrimaryKey":12345678901234567,"Timestamp":"2026-02-03T04:05:06Z",
		"MyKey":"mine","FieldValues":{"type":4,"share":0.5,"private":true,"deep":{"list":[1,2]}}}`))
	created, deleted := sample(t, superoffice.ActivityCreated), sample(t, superoffice.ActivityDeleted)
	for expression, passes := range map[string]struct {
		event *superoffice.Event
		want  bool
	}{
		`true`:                                 {created, true},
		`event.Event == "activity.created"`:    {created, true},
		`event.Event.startsWith("activity.d")`: {created, false},
		`event.ContextIdentifier in ["Cust12345", "Default"]`:                                          {created, true},
		`event.PrimaryKey == 12345678901234567`:                                                        {own, true},
		`event.PrimaryKey == 12345678901234568`:                                                        {own, false},
		`"appointment_id" in event.Changes`:                                                            {created, true},
		`event.Changes.exists(c, c.endsWith("_id"))`:                                                   {created, true},
		`event.Timestamp > timestamp("2026-01-01T00:00:00Z")`:                                          {own, true},
		`event.Timestamp.getHours() == 4`:                                                              {own, true},
		`event.FieldValues.type == 4`:                                                                  {own, true},
		`event.FieldValues.type == 4.0 && event.FieldValues.type < 4.5`:                                {own, true},
		`event.FieldValues.share > 0.25 && event.FieldValues.private`:                                  {own, true},
		`event.FieldValues.deep.list[1] == 2`:                                                          {own, true},
		`event.?FieldValues.?type.orValue(0) != 4 && event.ChangedByAssociateId != 37`:                 {own, false},
		`event.?FieldValues.?type.orValue(0) == 0`:                                                     {deleted, true},
		`has(event.FieldValues.type)`:                                                                  {deleted, false},
		`event.Extra.MyKey == "mine"`:                                                                  {own, true},
		`event.?Extra.?Other.hasValue()`:                                                               {own, false},
		`event.Values.contact_id > 0`:                                                                  {deleted, true},
		`sets.intersects(event.Changes, ["do_by", "text_id"]) || event.WebhookName.lowerAscii() != ""`: {created, true},
	} {
		t.Run(expression, func(t *testing.T) {
			f, err := filter.Compile(expression)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Match(t.Context(), passes.event)
			if err != nil || got != passes.want {
				t.Errorf("got %t (%v), want %t", got, err, passes.want)
			}
		})
	}
}

func TestMistakesAreFoundBeforeTheFirstEvent(t *testing.T) {
	for name, c := range map[string]struct{ expression, want string }{
		"syntax":            {`event.Event ==`, "line 1, column 15: Syntax error"},
		"on a further line": {"true &&\n  event.Event == 1", "line 2, column 15: found no matching overload for '_==_' applied to '(string, int)'"},
		"a misspelt key":    {`event.PrimaryKy == 1`, "line 1, column 6: undefined field 'PrimaryKy'"},
		"another variable":  {`body.Event == "x"`, "undeclared reference to 'body'"},
		"no condition":      {`event.PrimaryKey`, "must be a condition, true or false, and is of type int: compare it with something"},
		"a value that may be none": {
			`event.FieldValues.private`, "must be a condition, true or false, and is of type dyn: compare it with something",
		},
		"nothing":  {``, "line 1, column 1: Syntax error"},
		"too long": {strings.Repeat(" ", filter.MaxLength) + "true", "has 4100 bytes, more than 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := filter.Compile(c.expression); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestNoValueForAnEvent(t *testing.T) {
	for name, c := range map[string]struct{ expression, want string }{
		"a key that is not there": {`event.FieldValues.type == 4`, "no such key: type"},
		"a date that is none":     {`timestamp(event.WebhookName) > timestamp("2026-01-01T00:00:00Z")`, "invalid RFC 3339 timestamp"},
		"too much work": {
			`[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, ` +
				`[1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, a+b+c+d+e < event.PrimaryKey)))))`,
			"cost limit exceeded",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := filter.Compile(c.expression)
			if err != nil {
				t.Fatal(err)
			}
			passes, err := f.Match(t.Context(), sample(t, superoffice.ActivityDeleted))
			if err == nil || passes || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %t, %v; want an error with %q", passes, err, c.want)
			}
		})
	}
}

// large is an event with many changes and many columns, in all three places. No change is one of the columns.
func large(t *testing.T) *superoffice.Event {
	t.Helper()
	var changes, columns []string
	for i := range 2000 {
		changes = append(changes, fmt.Sprintf(`"changed_%d"`, i))
	}
	for i := range 10_000 {
		columns = append(columns, fmt.Sprintf(`"column_%d":%d`, i, i))
	}
	all := strings.Join(columns, ",")
	return event(t, fmt.Appendf(nil, `{"Event":"activity.created","Changes":[%s],"Values":{%s},"FieldValues":{%s,"deep":{"a":{%s}}},%s}`,
		strings.Join(changes, ","), all, all, all, all))
}

// To decode all columns takes milliseconds. A filter that did so for each change would run into the limit of time.
func TestColumnsAreDecodedOnce(t *testing.T) {
	for _, expression := range []string{
		`event.Changes.all(c, !(c in event.Values))`,
		`event.Changes.all(c, !(c in event.FieldValues))`,
		`event.Changes.all(c, !(c in event.Extra))`,
		`event.Changes.all(c, event.?FieldValues[?c].orValue(1) == 1)`,
	} {
		t.Run(expression, func(t *testing.T) {
			f, err := filter.Compile(expression)
			if err != nil {
				t.Fatal(err)
			}
			if passes, err := f.Match(t.Context(), large(t)); err != nil || !passes {
				t.Errorf("got %t, %v", passes, err)
			}
		})
	}
}

// The columns of deep are compared for each change, at the price of one.
const slow = `event.Changes.all(c, event.FieldValues.deep == event.FieldValues.deep && event.FieldValues.deep in [event.FieldValues.deep] &&
	event.FieldValues.deep == event.FieldValues.deep)`

func TestFilterThatTakesTooLong(t *testing.T) {
	f, err := filter.Compile(slow)
	if err != nil {
		t.Fatal(err)
	}
	passes, err := f.Match(t.Context(), large(t))
	if err == nil || passes || !strings.Contains(err.Error(), "it takes longer than 1s: let the filter do less") {
		t.Errorf("got %t, %v", passes, err)
	}
}

func TestFilterThatIsCutOff(t *testing.T) {
	f, err := filter.Compile(slow)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if passes, err := f.Match(ctx, large(t)); !errors.Is(err, context.Canceled) || passes {
		t.Errorf("got %t, %v", passes, err)
	}
}

// Whatever is compiled, it either has a value for an event or an error, and never panics.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`true`, `event.Changes.map(c, c + c).size() > 3`, `event.FieldValues["a"] == event`, `event.?Extra.?a[0].orValue(1) == {}`} {
		f.Add(seed, []byte(`{"Event":"activity.created","FieldValues":{"a":[1,{"b":2.5}]}}`))
	}
	f.Fuzz(func(t *testing.T, expression string, body []byte) {
		compiled, err := filter.Compile(expression)
		if err != nil {
			return
		}
		if e, err := superoffice.Parse(body); err == nil {
			_, _ = compiled.Match(t.Context(), e)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	f, err := filter.Compile(`event.?FieldValues.?type.orValue(0) != 4 && event.ChangedByAssociateId != 37`)
	if err != nil {
		b.Fatal(err)
	}
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		b.Fatal(err)
	}
	e, err := superoffice.Parse(body)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Match(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
}
