// SPDX-License-Identifier: Apache-2.0

package superoffice_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestActivity(t *testing.T) {
	t.Run("reads all 18 field values of the sample", func(t *testing.T) {
		planned := superoffice.Time{Time: time.Date(2025, 5, 14, 16, 4, 9, 121377200, time.FixedZone("", 2*60*60))}
		notSet := superoffice.Time{}
		want := superoffice.Activity{
			ActiveDate: &planned, DoBy: &planned, EndDate: &notSet, Updated: &notSet,
			AssociateID: new(int64(5)), ContactID: new(int64(1)), PersonID: new(int64(4)), ProjectID: new(int64(0)),
			SaleID: new(int64(8)), DocumentID: new(int64(168)), MotherID: new(int64(0)), UserdefID: new(int64(0)),
			Userdef2ID: new(int64(0)), TaskIndex: new(int64(54)), Modified: new(int64(0)),
			Private: new(superoffice.Visibility(0)), Status: new(superoffice.ActivityStatus(3)),
			Type: new(superoffice.ActivityType(4)),
		}
		if fields := reflect.TypeFor[superoffice.Activity]().NumField(); fields != 18 {
			t.Errorf("there are %d fields", fields)
		}
		e := sample(t, superoffice.ActivityCreated)
		got, err := e.Activity()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if len(e.FieldValues) != 18 {
			t.Errorf("the sample has %d field values", len(e.FieldValues))
		}
		if got.Status.String() != "Completed" || got.Type.String() != "Document" || got.Private.String() != "Public" {
			t.Errorf("the names are %s, %s and %s", got.Status, got.Type, got.Private)
		}
	})
	t.Run("leaves out what was not sent", func(t *testing.T) {
		for _, e := range []*superoffice.Event{
			sample(t, superoffice.ActivityChanged),
			parse(t, `{"Event":"activity.changed","FieldValues":{}}`),
			parse(t, `{"Event":"activity.changed","FieldValues":{"type":null,"do_by":null,"sale_id":null,"unknown":{}}}`),
		} {
			got, err := e.Activity()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(superoffice.Activity{}, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		}
	})
	t.Run("names the first column that is wrong and reads the others", func(t *testing.T) {
		e := parse(t, `{"Event":"activity.changed","FieldValues":{"type":"4","sale_id":1.5,"do_by":"soon","updated":1,"status":11}}`)
		for range 20 { // the order of a map must not show
			got, err := e.Activity()
			if err == nil || !strings.Contains(err.Error(), `"do_by" must be a date`) {
				t.Fatalf("the error is %v", err)
			}
			want := superoffice.Activity{Status: new(superoffice.ActivityStatus(11))}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("-want +got\n%s", diff)
			}
		}
	})
	t.Run("prints an enumeration's unknown value as its number", func(t *testing.T) {
		for value, want := range map[superoffice.ActivityStatus]string{-1: "-1", 0: "UnknownOrPostIt", 13: "AssignmentDeclined", 14: "14"} {
			if got := value.String(); got != want {
				t.Errorf("%d is printed as %q, want %q", int64(value), got, want)
			}
		}
	})
}

func TestParseTime(t *testing.T) {
	plus2 := time.FixedZone("", 2*60*60)
	for name, test := range map[string]struct {
		text string
		want superoffice.Time
	}{
		"UTC without a fraction": {"2018-04-24T08:13:17Z", superoffice.Time{Time: time.Date(2018, 4, 24, 8, 13, 17, 0, time.UTC)}},
		"UTC with seven digits":  {"2018-04-24T08:13:17.8445662Z", superoffice.Time{Time: time.Date(2018, 4, 24, 8, 13, 17, 844566200, time.UTC)}},
		"UTC with six digits":    {"2018-04-24T08:18:42.089895Z", superoffice.Time{Time: time.Date(2018, 4, 24, 8, 18, 42, 89895000, time.UTC)}},
		"an offset": {
			"2025-05-14T16:04:09.1213772+02:00",
			superoffice.Time{Time: time.Date(2025, 5, 14, 16, 4, 9, 121377200, plus2)},
		},
		"no zone": {
			"2020-02-16T17:50:17",
			superoffice.Time{Time: time.Date(2020, 2, 16, 17, 50, 17, 0, time.UTC), Local: true},
		},
		"no zone, with a fraction": {
			"2020-02-16T17:50:17.25",
			superoffice.Time{Time: time.Date(2020, 2, 16, 17, 50, 17, 250_000_000, time.UTC), Local: true},
		},
		"not set":                  {"0001-01-01T00:00:00", superoffice.Time{}},
		"not set, in UTC":          {"0001-01-01T00:00:00Z", superoffice.Time{}},
		"not set, in a zone":       {"0001-01-01T00:00:00+02:00", superoffice.Time{}},
		"not set, with a fraction": {"0001-01-01T00:00:00.0000000", superoffice.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := superoffice.ParseTime(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if got.IsSet() != (test.want != superoffice.Time{}) {
				t.Errorf("IsSet = %t", got.IsSet())
			}
		})
	}
	for _, text := range []string{"", "soon", "2018-04-24", "2018-04-24 08:13:17", "2018-13-24T08:13:17Z", "[DT:09/16/2025 14:22:14.0000000]"} {
		t.Run("refuses "+text, func(t *testing.T) {
			if got, err := superoffice.ParseTime(text); err == nil {
				t.Errorf("ParseTime = %v", got)
			}
		})
	}
}
