// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// holder is the admin port of a receiver that holds a value.
type holder struct {
	value atomic.Value // a string
	asked atomic.Int32
	at    observe.Answer
}

func newHolder(t *testing.T, pod, value string) *holder {
	t.Helper()
	h := &holder{}
	h.value.Store(value)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		var question secretcheck.Question
		if r.Method != http.MethodPost || r.URL.Path != secretcheck.Path || json.NewDecoder(r.Body).Decode(&question) != nil {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(secretcheck.AnswerTo(question, map[string]superoffice.Secret{
			"current": superoffice.NewSecret([]byte(h.value.Load().(string))),
		}))
	}))
	t.Cleanup(server.Close)
	ip, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	h.at = observe.Answer{Receiver: observe.Receiver{Pod: pod, IP: ip, Port: number, Ready: true}}
	return h
}

// about is a question about a Secret with this value.
func about(version, value string) *sharedSecret {
	return askAbout(&core.Secret{ObjectMeta: meta.ObjectMeta{ResourceVersion: version}, Data: map[string][]byte{"secret": []byte(value)}},
		resource().Spec.Secret)
}

func TestCheckSecretAsksUntilEachHasSaidYes(t *testing.T) {
	a, b := newHolder(t, "a", "old"), newHolder(t, "b", "old")
	unready := newHolder(t, "unready", "old")
	unready.at.Ready = false
	seen := []observe.Answer{a.at, b.at, unready.at}
	r := &Reconciler{}
	check := func(shared *sharedSecret, want *secretInForce, asked ...int32) {
		t.Helper()
		before := []int32{a.asked.Load(), b.asked.Load(), unready.asked.Load()}
		got := r.checkSecret(t.Context(), resource(), shared, seen)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(secretInForce{})); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff(asked, []int32{a.asked.Load() - before[0], b.asked.Load() - before[1], unready.asked.Load() - before[2]}); diff != "" {
			t.Errorf("asked (-want +got)\n%s", diff)
		}
	}
	first, second := about("1", "old"), about("2", "new")
	check(first, &secretInForce{version: "1", ready: 2}, 1, 1, 0)
	check(first, &secretInForce{version: "1", ready: 2}, 0, 0, 0)
	check(second, &secretInForce{version: "2", ready: 2, lagging: []string{"a", "b"}}, 1, 1, 0)
	b.value.Store("new")
	check(second, &secretInForce{version: "2", ready: 2, lagging: []string{"a"}}, 1, 1, 0)
	a.value.Store("new")
	check(second, &secretInForce{version: "2", ready: 2}, 1, 0, 0)
	check(second, &secretInForce{version: "2", ready: 2}, 0, 0, 0)

	seen = []observe.Answer{a.at}
	check(second, &secretInForce{version: "2", ready: 1}, 0, 0, 0)
	seen = []observe.Answer{a.at, b.at} // a pod of a name that was forgotten is asked anew
	check(second, &secretInForce{version: "2", ready: 2}, 0, 1, 0)
	seen = append(seen, observe.Answer{Receiver: observe.Receiver{Pod: "mute", IP: "127.0.0.1", Port: 1, Ready: true}})
	check(second, &secretInForce{version: "2", ready: 3, silent: []string{"mute"}}, 0, 0, 0)
	check(nil, nil, 0, 0, 0)
	seen = nil
	check(second, &secretInForce{version: "2"}, 0, 0, 0)
}

func TestSecretInForce(t *testing.T) {
	everywhere := secretInForce{version: "1", ready: 2}
	for _, c := range []struct {
		name        string
		found       secretInForce
		want        string
		wantVersion string
	}{
		{"a new version that all have", secretInForce{version: "2", ready: 2}, secretEverywhere, "2"},
		{"a new pod that is silent takes nothing back", secretInForce{version: "1", ready: 3, silent: []string{"c"}}, secretEverywhere, "1"},
		{
			"a new version of which one does not tell",
			secretInForce{version: "2", ready: 2, silent: []string{"a"}},
			`SecretInForce is Unknown (NoAnswer): not all receivers say whether they go by what Secret "crm-webhook" holds`, "1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := resource()
			look(w, good(func(f *findings) { f.inForce = &everywhere }), nil)
			look(w, good(func(f *findings) { f.inForce = &c.found }), nil)
			got := find(w.Status, v1alpha1.ConditionSecretInForce)
			if text := "SecretInForce is " + string(got.Status) + " (" + got.Reason + "): " + got.Message; text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			if w.Status.SecretResourceVersion != c.wantVersion {
				t.Errorf("the version is %s, want %s", w.Status.SecretResourceVersion, c.wantVersion)
			}
		})
	}
	t.Run("who lags for long is named", func(t *testing.T) {
		w := resource()
		for range 2 {
			look(w, good(func(f *findings) { f.inForce = &secretInForce{version: "2", ready: 2, lagging: []string{"b"}} }), nil)
		}
		last := &w.Status.Conditions[len(w.Status.Conditions)-1]
		if strings.Contains(last.Message, "these did not") {
			t.Errorf("too early: %s", last.Message)
		}
		last.LastTransitionTime = meta.NewTime(time.Now().Add(-2 * patienceWithKubelet))
		look(w, good(func(f *findings) { f.inForce = &secretInForce{version: "2", ready: 2, lagging: []string{"b"}} }), nil)
		if got := w.Status.Conditions[len(w.Status.Conditions)-1].Message; !strings.HasSuffix(got, "; for more than 3m0s these did not: b") {
			t.Errorf("got %s", got)
		}
	})
}

// TestQuestionsFollowTheKeys has the resource name another key of the same Secret.
func TestQuestionsFollowTheKeys(t *testing.T) {
	secret := secretOf("sales", "crm-webhook", "secret", "other")
	r := &Reconciler{Client: server(t, secret).Build(), Live: server(t, secret).Build()}
	w := resource()
	ask := func() secretcheck.Question {
		t.Helper()
		found, err := r.resolve(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		return found.shared.question
	}
	first := ask()
	if diff := cmp.Diff(first, ask()); diff != "" {
		t.Errorf("another question without a change:\n%s", diff)
	}
	w.Spec.Secret.Key = "other"
	values := map[string]superoffice.Secret{"current": superoffice.NewSecret([]byte(confidential + " of other"))}
	if !secretcheck.AnswerTo(ask(), values).InForce {
		t.Error("the question is still about the former key")
	}
}
