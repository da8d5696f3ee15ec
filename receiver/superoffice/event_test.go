// SPDX-License-Identifier: Apache-2.0

package superoffice_test

import (
	"fmt"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func parse(t testing.TB, body string) *superoffice.Event {
	t.Helper()
	e, err := superoffice.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sample(t testing.TB, event string) *superoffice.Event {
	t.Helper()
	body, err := fixtures.Body(event)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(body))
}

func TestOnlyTestEventsAreTests(t *testing.T) {
	for _, event := range append(superoffice.ActivityEvents(), superoffice.Test) {
		if got, want := sample(t, event).IsTest(), event == "test"; got != want {
			t.Errorf("%s: IsTest = %t", event, got)
		}
	}
}

func TestDedupKey(t *testing.T) {
	t.Run("tells the samples' changed and deleted events apart, which share an EventId", func(t *testing.T) {
		changed, deleted := sample(t, "activity.changed"), sample(t, "activity.deleted")
		if changed.ID != deleted.ID {
			t.Fatal("the samples do not share an EventId")
		}
		if got := changed.DedupKey().String(); got != "e87ac619-c864-4881-89eb-07ca5521ee2c/activity.changed" {
			t.Errorf("DedupKey = %s", got)
		}
		if changed.DedupKey() == deleted.DedupKey() {
			t.Error("the keys are the same")
		}
	})
	t.Run("falls back to tenant, event, key and the timestamp as sent", func(t *testing.T) {
		e := parse(t, `{"Timestamp":"2018-04-24T08:18:42.0898950Z","Event":"a.b","PrimaryKey":7,"ContextIdentifier":"Cust1"}`)
		if got := e.DedupKey().String(); got != "Cust1/a.b/7/2018-04-24T08:18:42.0898950Z" {
			t.Errorf("DedupKey = %s", got)
		}
	})
	t.Run("falls back to the body where there is no timestamp either", func(t *testing.T) {
		const form = `{"Event":"a.b","PrimaryKey":7,"Changes":[%q]}`
		a, b := parse(t, fmt.Sprintf(form, "a")), parse(t, fmt.Sprintf(form, "b"))
		if a.DedupKey() == b.DedupKey() {
			t.Errorf("two events have the key %s", a.DedupKey())
		}
		if again := parse(t, fmt.Sprintf(form, "a")); again.DedupKey() != a.DedupKey() {
			t.Error("one event has two keys")
		}
	})
}

func TestRecordKeyIsTheSameForAllEventsOfARow(t *testing.T) {
	want := superoffice.RecordKey{Tenant: "Default", Entity: "activity", PrimaryKey: 4039840}
	for _, event := range superoffice.ActivityEvents() {
		if got := sample(t, event).RecordKey(); got != want {
			t.Errorf("%s: RecordKey = %+v, want %+v", event, got, want)
		}
	}
	if got := want.String(); got != "Default/activity/4039840" {
		t.Errorf("String = %s", got)
	}
}
