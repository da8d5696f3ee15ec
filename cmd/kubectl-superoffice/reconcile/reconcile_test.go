// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"bytes"
	"testing"
	"time"
)

func TestPatch(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 4, 5, 6, 789, time.UTC)
	want := `{"metadata":{"annotations":{"webhooks.superoffice.dev/requestedAt":"2026-02-03T04:05:06.000000789Z"}}}`
	if got := string(patch(at)); got != want {
		t.Errorf("the patch is %s, want %s", got, want)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var o options
	if err := o.write(&out, []request{{Name: "crm"}, {Name: "no", Error: "forbidden"}}); err != nil {
		t.Fatal(err)
	}
	if want := "superofficewebhook/crm: the operator is asked to look now\n"; out.String() != want {
		t.Errorf("it says %q, want %q", out.String(), want)
	}
}
