// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestIntakeTellsOfEachAnswer shows what an observer gets to know: above all whether a request was SuperOffice's own.
func TestIntakeTellsOfEachAnswer(t *testing.T) {
	t.Parallel()
	stores := faulty(func(context.Context) error { return nil })
	fails := faulty(func(context.Context) error { return errors.New("disk") })
	panics := faulty(func(context.Context) error { panic("a mistake") })
	test, large, size := sample(superoffice.Test), padded(2*limit), len(created)
	for name, c := range map[string]struct {
		store faulty
		send  request
		want  intake.Answer
	}{
		"an event":                              {stores, post(created), intake.Answer{Reason: intake.Stored, BodyBytes: size, Secret: "current"}},
		"one by the previous secret":            {stores, unsigned(created).signed(previous), intake.Answer{Reason: intake.Stored, BodyBytes: size, Secret: "previous"}},
		"one that is not stored":                {fails, post(created), intake.Answer{Reason: intake.QueueFailed, BodyBytes: size, Secret: "current"}},
		"one after which the handler panics":    {panics, post(created), intake.Answer{Reason: intake.InternalError, BodyBytes: size, Secret: "current"}},
		"a signed test event":                   {stores, post(test), intake.Answer{Reason: intake.TestEvent, BodyBytes: len(test), Secret: "current"}},
		"a test event that anybody can send":    {stores, unsigned(test), intake.Answer{Reason: intake.TestEvent, BodyBytes: len(test)}},
		"a forged event":                        {stores, unsigned(created).signed(stranger), intake.Answer{Reason: intake.SignatureMismatch, BodyBytes: size}},
		"a body that is too large":              {stores, post(large).inChunks(), intake.Answer{Reason: intake.BodyTooLarge, BodyBytes: limit + 1}},
		"a body that is announced as too large": {stores, post(large), intake.Answer{Reason: intake.BodyTooLarge}},
		"a body that is cut off":                {stores, post(created).cutBy(5), intake.Answer{Reason: intake.BodyIncomplete, BodyBytes: size - 5}},
		"another path":                          {stores, post(created).to("/other"), intake.Answer{Reason: intake.PathUnknown}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts := newCounts()
			address := serve(t, intake.New(c.store, rules(), counts, logr.Discard()))
			check(t, c.want.Reason, c.send.send(t, address), "")
			told := counts.latest()
			if diff := cmp.Diff(c.want, told, cmpopts.IgnoreFields(intake.Answer{}, "Took", "Event", "Body"), cmpopts.IgnoreUnexported(intake.Answer{})); diff != "" {
				t.Errorf("(-want +told)\n%s", diff)
			}
			switch authentic := c.want.Secret != ""; {
			case !authentic && (told.Event != nil || told.Body != nil):
				t.Error("something is told of what a stranger wrote")
			case authentic && (len(told.Body) != told.BodyBytes || told.Event == nil || len(told.Event.Raw) != told.BodyBytes):
				t.Errorf("of an authentic body of %d bytes is told %+v", told.BodyBytes, told)
			}
		})
	}
}
