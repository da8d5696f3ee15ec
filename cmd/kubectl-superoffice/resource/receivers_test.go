// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
)

// TestAsk reads what a receiver's own metrics say.
func TestAsk(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.Configured([]string{"current", "previous"}, nil)
	for range 3 {
		m.Answered(intake.Answer{Reason: intake.Stored, Secret: "current"})
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/status", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"version": "v1"}`)) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var r Receiver
	if err := r.ask(t.Context(), strings.TrimPrefix(server.URL, "http://"), webhook()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"current": 3, "previous": 0}, r.Verified); diff != "" || r.Status.Version != "v1" {
		t.Errorf("%+v\n%s", r.Status, diff)
	}
	if err := r.ask(t.Context(), "127.0.0.1:1", webhook()); text(err) != "ask for /status: dial tcp 127.0.0.1:1: connect: connection refused" {
		t.Error(err)
	}
}

// TestAskReceiversOfAPool reads what is said of one of two.
func TestAskReceiversOfAPool(t *testing.T) {
	t.Parallel()
	var all []*metrics.Metrics
	for name, events := range map[string]int{"crm": 3, "other": 5} {
		m := metrics.Of(name)
		m.Configured([]string{"current"}, nil)
		for range events {
			m.Answered(intake.Answer{Reason: intake.Stored, Secret: "current"})
		}
		all = append(all, m)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(metrics.NewPool(func() []*metrics.Metrics { return all }), promhttp.HandlerOpts{}))
	mux.HandleFunc("/hooks/sales/crm/status", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"version": "v1"}`)) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var r Receiver
	if err := r.ask(t.Context(), strings.TrimPrefix(server.URL, "http://"), webhook(pooled)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"current": 3}, r.Verified); diff != "" || r.Status.Version != "v1" {
		t.Errorf("%+v\n%s", r.Status, diff)
	}
}

func TestStateOf(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	for want, change := range map[string]func(*corev1.Pod){
		"":            func(*corev1.Pod) {},
		"NotReady":    func(p *corev1.Pod) { p.Status.Conditions = nil },
		"Terminating": func(p *corev1.Pod) { p.DeletionTimestamp = &now },
		"Pending":     func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending },
		"CrashLoopBackOff": func(p *corev1.Pod) {
			p.Status.Conditions = nil
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}}}
		},
	} {
		if got := stateOf(pod(t, "a", change)); got != want {
			t.Errorf("the state is %q, want %q", got, want)
		}
	}
}

func TestSeveral(t *testing.T) {
	t.Parallel()
	labelled := webhook()
	labelled.Name, labelled.Labels = "bi", map[string]string{"team": "bi"}
	elsewhere := webhook()
	elsewhere.Namespace = "support"
	cluster := &Cluster{Client: clusterOf(webhook(), labelled, elsewhere), Namespace: crm.Namespace}
	for name, test := range map[string]struct {
		s     Several
		names []string
		want  []string
		err   string
	}{
		"by name":        {Several{}, []string{"crm"}, []string{"crm"}, ""},
		"all":            {Several{All: true}, nil, []string{"bi", "crm"}, ""},
		"by label":       {Several{Selector: "team=bi"}, nil, []string{"bi"}, ""},
		"none of a name": {Several{}, []string{"crm", "no"}, nil, "there is no SuperOfficeWebhook sales/no"},
		"none at all":    {Several{Selector: "team=x"}, nil, nil, "there are no such SuperOfficeWebhooks in namespace sales"},
	} {
		if err := test.s.Complete(test.names); err != nil {
			t.Fatal(err)
		}
		found, err := test.s.Find(t.Context(), cluster)
		var got []string
		for i := range found {
			got = append(got, found[i].Name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || text(err) != test.err {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}
