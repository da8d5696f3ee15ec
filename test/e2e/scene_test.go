// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// scene is a namespace in which everything keeps to the restricted pod security standard, with a sender and a sink.
type scene struct{ namespace string }

func newScene(t *testing.T) scene {
	t.Helper()
	s := scene{namespace: newNamespace(t, "restricted")}
	t.Cleanup(func() { tell(t, s.namespace) })
	apply(t, s.namespace, testdata(t, "actors.yaml"))
	kubectl(t, "wait", "--for=condition=Ready", "pod/sink", "pod/sender", "--namespace="+s.namespace, "--timeout=180s")
	return s
}

// newNamespace makes one in which a pod security standard is enforced.
func newNamespace(t *testing.T, standard string) string {
	t.Helper()
	ns := &core.Namespace{ObjectMeta: meta.ObjectMeta{
		GenerateName: "superoffice-e2e-",
		Labels:       map[string]string{ours: "true", "pod-security.kubernetes.io/enforce": standard},
	}}
	if err := stage.client.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stage.client.Delete(context.Background(), ns) })
	return ns.Name
}

// tell helps to understand a failure.
func tell(t *testing.T, namespace string) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for _, args := range [][]string{
		{"get", "superofficewebhooks,pods,events,endpointslices", "--output=wide"},
		{"get", "superofficewebhooks", "--output=yaml"},
		{"describe", "pods", "--selector=app.kubernetes.io/name=superoffice-webhook-receiver"},
		{"logs", "--selector=app.kubernetes.io/name=superoffice-webhook-receiver", "--prefix", "--tail=60"},
	} {
		out, _ := execute(context.Background(), "", stage.kubectl, append(args, "--namespace="+namespace)...)
		t.Logf("kubectl %v\n%s", args, out)
	}
	out, _ := execute(context.Background(), "", stage.kubectl, "logs", "deployment/"+release, "--namespace="+operatorNamespace, "--tail=60")
	t.Logf("the operator says\n%s", out)
}

// actor is a pod of testdata, asked through the API server.
func (s scene) actor(verb, pod string, path ...string) *rest.Request {
	return stage.clients.CoreV1().RESTClient().Verb(verb).
		Namespace(s.namespace).Resource("pods").Name(pod + ":8080").SubResource("proxy").Suffix(path...)
}

// answer is what the sink says from now on.
func (s scene) answer(t *testing.T, status int) {
	t.Helper()
	if err := s.actor(http.MethodPut, "sink", "status", fmt.Sprint(status)).Do(t.Context()).Error(); err != nil {
		t.Fatalf("tell the sink what to answer: %v", err)
	}
}

// took tells how often the sink took each event.
func (s scene) took(ctx context.Context) (map[string]int, error) {
	data, err := s.actor(http.MethodGet, "sink", "took").DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	took := map[string]int{}
	err = json.Unmarshal(data, &took)
	return took, err
}

// report is what the sender says of it, see workload.
type report struct {
	Posts          int            `json:"posts"`
	Failed         map[string]int `json:"failed"`
	FirstFailures  []string       `json:"firstFailures"`
	Acknowledged   []string       `json:"acknowledged"`
	Unacknowledged []string       `json:"unacknowledged"`
	Slowest        time.Duration  `json:"slowest"`
}

// startLoad posts events to a URL, trusting the authority of the tests, too.
func (s scene) startLoad(t *testing.T, url string, perSecond int) {
	t.Helper()
	err := s.actor(http.MethodPost, "sender", "start").
		Param("url", url).Param("perSecond", fmt.Sprint(perSecond)).Body([]byte(stage.authority.PEM())).Do(t.Context()).Error()
	if err != nil {
		t.Fatalf("start the load: %v", err)
	}
}

func (s scene) stopLoad(t *testing.T) report {
	t.Helper()
	data, err := s.actor(http.MethodPost, "sender", "stop").DoRaw(t.Context())
	if err != nil {
		t.Fatalf("stop the load: %v", err)
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Acknowledged) == 0 {
		t.Fatalf("no event was acknowledged: %v %v", r.Failed, r.FirstFailures)
	}
	return r
}

// report tells how the load under way fares.
func (s scene) report(ctx context.Context) (r report, err error) {
	data, err := s.actor(http.MethodGet, "sender", "report").DoRaw(ctx)
	if err != nil {
		return r, err
	}
	err = json.Unmarshal(data, &r)
	return r, err
}

// awaitPosts waits until the load under way has posted more.
func (s scene) awaitPosts(t *testing.T, more int) {
	t.Helper()
	posts := func(ctx context.Context) (int, error) {
		r, err := s.report(ctx)
		return r.Posts, err
	}
	from, err := posts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	await(t, "more posts", func(ctx context.Context) error {
		n, err := posts(ctx)
		if err == nil && n < from+more {
			err = fmt.Errorf("%d of %d", n-from, more)
		}
		return err
	})
}

// wantAllAnswered wants no post to have failed, be it one that was repeated with success.
func wantAllAnswered(t *testing.T, r report) {
	t.Helper()
	if len(r.Failed) > 0 {
		t.Errorf("of %d posts failed: %v, the first: %q", r.Posts, r.Failed, r.FirstFailures)
	}
}

// awaitArrival waits until the sink has taken all events that were acknowledged, and wants no other events there than those, and
// those whose sender did not learn how it ended. It returns how many came more than once.
func (s scene) awaitArrival(t *testing.T, reports ...report) (repeated int) {
	t.Helper()
	var acknowledged []string
	posted := map[string]bool{}
	for _, r := range reports {
		acknowledged = append(acknowledged, r.Acknowledged...)
		for _, id := range slices.Concat(r.Acknowledged, r.Unacknowledged) {
			posted[id] = true
		}
	}
	var took map[string]int
	await(t, "all acknowledged events at the sink", func(ctx context.Context) (err error) {
		if took, err = s.took(ctx); err != nil {
			return err
		}
		if missing := absent(acknowledged, took); len(missing) > 0 {
			return fmt.Errorf("%d of %d are missing: %.3q", len(missing), len(acknowledged), missing)
		}
		return nil
	})
	for id, times := range took {
		if !posted[id] {
			t.Errorf("event %s was never posted", id)
		}
		if times > 1 {
			repeated++
		}
	}
	return repeated
}

func absent(ids []string, took map[string]int) (missing []string) {
	for _, id := range ids {
		if took[id] == 0 {
			missing = append(missing, id)
		}
	}
	return missing
}
