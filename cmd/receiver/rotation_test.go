// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestRotation replaces the shared secret again and again while events are posted over several connections: by the old
// secret as long as it is valid, and by the new one from the moment it is. None of them is refused.
func TestRotation(t *testing.T) {
	t.Parallel()
	const rotations = 4
	sink := serve(t, nil)
	v := mount(t, settings(raw("erp", sink.URL)))
	r, probe := start(t, v, t.TempDir()), newPoster(t)
	before := r.status(t)
	// verifies tells whether a secret is accepted, by a test event, which is answered 200 or 401.
	verifies := func(secret string) bool {
		event := fresh(t, superoffice.Test)
		code, answer, err := probe.post(t.Context(), r.intake, header(secret, event), event)
		if err != nil || code != http.StatusOK && code != http.StatusUnauthorized {
			t.Fatalf("%d %q, error %v", code, answer, err)
		}
		return code == http.StatusOK
	}

	var accepted []string
	old := secret
	stopOld := r.flood(t, old)
	for i := range rotations {
		current := fmt.Sprintf("secret number %d", i)
		if verifies(current) {
			t.Fatal("a secret verifies before it is there")
		}
		v.write(t, map[string]string{currentFile: current, previousFile: old})
		eventually(t, func() string {
			if !verifies(current) {
				return "the new secret does not verify"
			}
			return ""
		})
		if !verifies(old) {
			t.Error("the old secret does not verify while both are there")
		}
		stopCurrent := r.flood(t, current) // beside the flood by the old one
		accepted = append(accepted, stopOld()...)
		v.write(t, map[string]string{previousFile: ""})
		eventually(t, func() string {
			if verifies(old) {
				return "the old secret still verifies"
			}
			return ""
		})
		if !verifies(current) {
			t.Error("the new secret does not verify when it is the only one")
		}
		old, stopOld = current, stopCurrent
	}
	accepted = append(accepted, stopOld()...)
	r.settles(t, "erp")
	if n := len(sink.lacks(accepted)); n > 0 {
		t.Errorf("%d of %d events were acknowledged and never delivered", n, len(accepted))
	}
	after := r.status(t)
	if !after.Started.Equal(before.Started) || after.Config.Hash != before.Config.Hash || after.Config.Error != "" {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if !after.Config.Loaded.After(before.Config.Loaded) {
		t.Error("the status does not tell when the secret was taken over")
	}
}

// flood posts events with the signature of a secret over several connections; see floodFrom.
func (r *receiver) flood(t *testing.T, secret string) (stop func() []string) {
	t.Helper()
	return r.floodFrom(t, secret, newPoster(t), newPoster(t), newPoster(t))
}

// floodFrom has each of some posters post events with the signature of a secret, one after the other, and returns when each of
// them has had its first answer. Every answer must be 200, until stop has returned those events.
func (r *receiver) floodFrom(t *testing.T, secret string, posters ...*poster) (stop func() []string) {
	t.Helper()
	var all, began sync.WaitGroup
	accepted := make([][]string, len(posters))
	done := make(chan struct{})
	for i, p := range posters {
		began.Add(1)
		all.Go(func() {
			answered := sync.OnceFunc(began.Done)
			defer answered()
			for {
				select {
				case <-done:
					return
				default:
				}
				event := fresh(t, superoffice.ActivityCreated)
				code, answer, err := p.post(t.Context(), r.intake, header(secret, event), event)
				if err != nil || code != http.StatusOK {
					t.Errorf("a valid signature was answered with %d %q, error %v", code, answer, err)
					return
				}
				accepted[i] = append(accepted[i], string(event))
				answered()
			}
		})
	}
	stop = sync.OnceValue(func() []string {
		close(done)
		all.Wait()
		return slices.Concat(accepted...)
	})
	t.Cleanup(func() { stop() })
	began.Wait()
	return stop
}
