// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// sample applies the smallest sample, with the sink's address in it, and sends events to its Service.
func sample(t *testing.T) {
	s := newScene(t)
	text, err := os.ReadFile(root + "/config/samples/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const address = "https://erp.example.com/hooks/superoffice"
	if !strings.Contains(string(text), address) {
		t.Fatalf("the sample does not name %s", address)
	}
	apply(t, s.namespace, strings.ReplaceAll(string(text), address, s.sinkURL()))
	kubectl(t, "wait", "--for=condition=Ready", "superofficewebhook/minimal", "--namespace="+s.namespace, "--timeout=180s")
	w := &v1alpha1.SuperOfficeWebhook{ObjectMeta: meta.ObjectMeta{Name: "minimal", Namespace: s.namespace}}
	awaitReady(t, w)

	s.startLoad(t, w.Status.Address.URL, 50)
	s.awaitPosts(t, 500)
	r := s.stopLoad(t)
	wantAllAnswered(t, r)
	repeated := s.awaitArrival(t, r)
	note(t, "%d events through the Service, all answered 200 (slowest %s), exactly these arrived, %d twice",
		len(r.Acknowledged), rounded(r.Slowest), repeated)
}

// reload replaces the shared secret while events come in: kubelet brings it to the receivers, and no pod is replaced.
func reload(t *testing.T) {
	s := newScene(t)
	w := s.newWebhook(t, nil)
	before := awaitReceivers(t, w, 2)
	s.startLoad(t, w.Status.Address.URL, 10)
	s.awaitPosts(t, 20)
	secret := &core.Secret{}
	if err := stage.client.Get(t.Context(), client.ObjectKey{Namespace: s.namespace, Name: "crm-webhook"}, secret); err != nil {
		t.Fatal(err)
	}
	old := secret.Data["secret"]
	secret.Data = map[string][]byte{"secret": []byte("another text"), "previous": old}
	if err := stage.client.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	s.awaitPosts(t, 50) // the sender goes on with the former secret
	verified := s.stopLoad(t)
	wantAllAnswered(t, verified)

	s.startLoad(t, w.Status.Address.URL, 10)
	delete(secret.Data, "previous")
	if err := stage.client.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	await(t, "the former secret to be refused", func(ctx context.Context) error {
		r, err := s.report(ctx)
		if err == nil && r.Failed[fmt.Sprint(http.StatusUnauthorized)] == 0 {
			err = fmt.Errorf("%d posts, and none was refused", r.Posts)
		}
		return err
	})
	refused := s.stopLoad(t)
	s.awaitArrival(t, verified, refused)
	wantSame(t, before, awaitReceivers(t, w, 2))
	note(t, "a replaced secret reached both receivers in place; %d events by the former one were taken until it went", len(verified.Acknowledged)+len(refused.Acknowledged))
}

// wantSame wants pods to be the same, with the same processes in them.
func wantSame(t *testing.T, before, after []core.Pod) {
	t.Helper()
	old := uids(before)
	for _, p := range after {
		if !old[p.UID] {
			t.Errorf("%s is new", p.Name)
		}
		for _, c := range p.Status.ContainerStatuses {
			if c.RestartCount > 0 {
				t.Errorf("%s was restarted", p.Name)
			}
		}
	}
}
