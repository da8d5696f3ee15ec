// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// receiversOf are the pods of a resource that are not about to go.
func receiversOf(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) []core.Pod {
	t.Helper()
	var list core.PodList
	err := stage.client.List(t.Context(), &list, client.InNamespace(webhook.Namespace), client.MatchingLabels(render.Selector(webhook)))
	if err != nil {
		t.Fatalf("list pods: %v", err)
	}
	var pods []core.Pod
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil {
			pods = append(pods, p)
		}
	}
	return pods
}

// lives tells of each pod how often its receiver was started again: as long as that stays the same, no process was
// replaced.
func lives(pods []core.Pod) map[types.UID]int32 {
	restarts := map[types.UID]int32{}
	for _, p := range pods {
		restarts[p.UID] = -1 // it has not run yet
		for _, c := range p.Status.ContainerStatuses {
			restarts[p.UID] = c.RestartCount
		}
	}
	return restarts
}

// theReceiver is the only one of a resource, when it is ready.
func theReceiver(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) core.Pod {
	t.Helper()
	pods := receiversOf(t, webhook)
	if len(pods) != 1 || !observe.IsReady(&pods[0]) {
		t.Fatalf("want one receiver that is ready, got:\n%s", printed(pods))
	}
	return pods[0]
}

// intakeOf is where a receiver accepts events.
func intakeOf(t *testing.T, pod core.Pod) string {
	t.Helper()
	address, err := stage.cluster.PodAddress(pod.Namespace, pod.Name)
	if err != nil {
		t.Fatalf("find receiver: %v", err)
	}
	return fmt.Sprintf("http://%s:%d/webhook", address, render.IntakePort)
}

// newEvent is a sample of SuperOffice's with an EventId of its own.
func newEvent(t *testing.T, name string) (id string, body []byte) {
	t.Helper()
	sample, err := fixtures.Body(name)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := superoffice.Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	id = string(uuid.NewUUID())
	return id, bytes.Replace(sample, []byte(parsed.ID), []byte(id), 1)
}

// post posts a body as SuperOffice does, signed with a secret, and returns the status of the answer.
func post(ctx context.Context, client *http.Client, url, secret string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set(superoffice.HeaderSignature, superoffice.Sign(superoffice.NewSecret([]byte(secret)), body))
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// postAll posts so many events, each of which must be accepted, and returns their ids.
func postAll(t *testing.T, url, secret string, n int) (ids []string) {
	t.Helper()
	for range n {
		id, body := newEvent(t, superoffice.ActivityCreated)
		postBody(t, url, secret, body, http.StatusOK)
		ids = append(ids, id)
	}
	return ids
}

func postBody(t *testing.T, url, secret string, body []byte, want int) {
	t.Helper()
	if got, err := post(t.Context(), http.DefaultClient, url, secret, body); err != nil || got != want {
		t.Fatalf("posted an event: answer %d (%v), want %d", got, err, want)
	}
}
