// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	core "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// chaos ends pods in order and kills processes for a while. The queue is in the pods, as by default, and survives both; it would
// not survive a pod that is deleted by force, which the tests with volumes and JetStream do.
func chaos(t *testing.T) {
	s := newScene(t)
	n := newNodes(t)
	w := s.newWebhook(t, nil)
	done := map[string]int{}
	s.startLoad(t, w.Status.Address.URL, 30)
	harms := []func(*testing.T, nodes, *v1alpha1.SuperOfficeWebhook) string{deleteManager, deleteReceiver, killReceiver, killReceiver}
	for began, i := time.Now(), 0; time.Since(began) < *chaosTime; i++ {
		if i%len(harms) == 0 { // each of them, in a new order
			rand.Shuffle(len(harms), func(a, b int) { harms[a], harms[b] = harms[b], harms[a] })
		}
		done[harms[i%len(harms)](t, n, w)]++
		pause(t, time.Second+rand.N(6*time.Second)) // #nosec G404 -- no secret
	}
	awaitReceivers(t, w, 2)
	r := s.stopLoad(t)
	repeated := s.awaitArrival(t, r)
	awaitReady(t, w)
	note(t, "%v within %s: all %d acknowledged events arrived, %d twice; %s", done, *chaosTime, len(r.Acknowledged), repeated, failures(r))
}

func deleteManager(t *testing.T, _ nodes, _ *v1alpha1.SuperOfficeWebhook) string {
	t.Helper()
	managers, err := managers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range managers {
		deletePod(t, p, false)
	}
	return "manager deleted"
}

func deleteReceiver(t *testing.T, _ nodes, w *v1alpha1.SuperOfficeWebhook) string {
	t.Helper()
	deletePod(t, anyReceiver(t, w), false)
	return "receiver deleted"
}

func killReceiver(t *testing.T, n nodes, w *v1alpha1.SuperOfficeWebhook) string {
	t.Helper()
	if err := n.kill(t.Context(), anyReceiver(t, w)); err != nil {
		return "receiver gone before it was killed"
	}
	return "receiver killed"
}

// anyReceiver waits for a receiver.
func anyReceiver(t *testing.T, w *v1alpha1.SuperOfficeWebhook) core.Pod {
	t.Helper()
	var pods []core.Pod
	await(t, "a receiver", func(ctx context.Context) (err error) {
		if pods, err = receivers(ctx, w); err == nil && len(pods) == 0 {
			err = errors.New("there is none")
		}
		return err
	})
	return pods[rand.N(len(pods))] // #nosec G404 -- no secret
}
