// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/test/markdown"
	"github.com/superoffice-webhook/operator/test/transcript"
)

// story is a page, and what its reader has before.
type story struct {
	page string
	// scene is run before, unseen.
	scene string
	// instead are pairs: of what cannot be had here, and what stands for it.
	instead []string
	// adapt does the same with what is known only when a block's turn has come.
	adapt func(t *testing.T, text string) string
}

const (
	system  = "superoffice-webhook-system"
	cleanUp = "kubectl delete superofficewebhooks --all --all-namespaces --timeout=60s; "
	// ready is the resource that pages speak of, with a sink that refuses everything, and an operator that looks more often.
	ready = `
kubectl create namespace sales --dry-run=client -o yaml | kubectl apply -f -
kubectl config set-context --current --namespace=sales
kubectl create secret generic crm-webhook --from-literal=secret='Name you provided'
kubectl apply -f - <<EOF
apiVersion: webhooks.superoffice.dev/v1alpha1
kind: SuperOfficeWebhook
metadata: {name: crm}
spec:
  secret: {name: crm-webhook}
  receiver: {replicas: 1}
  sinks:
  - name: erp
    http: {url: SINK}
EOF
kubectl wait --for=condition=Ready superofficewebhook/crm --timeout=120s
kubectl superoffice send crm
`
)

// opening are the pages that have to come first: they install the operator, each in its way. All others follow, by name.
func opening() []story {
	pid := os.Getpid()
	address := fmt.Sprintf("127.77.%d.%d", pid>>8&255, pid&255) // of this run alone, for a receiver without Kubernetes
	return []story{
		{
			page: "charts/superoffice-webhook-operator/README.md",
			// The test of the chart posts through a Service, which has no data path here: test/manifests gives it one.
			instead: []string{"helm test superoffice-webhook-operator", "kubectl wait --for=condition=Available deployment --all"},
		},
		{page: "docs/e2e.md"}, // how to remove all that
		{page: "README.md", instead: []string{
			"go run ./cmd/receiver", "export BIND_ADDRESS=" + address + "; receiver --drain-timeout 1s",
			"--data-dir /tmp/receiver", `--data-dir "$(mktemp -d)" & trap "kill $! && wait $!" EXIT
				until curl --silent --fail --output /dev/null http://` + address + `:8081/readyz; do sleep 0.1; done`,
			"127.0.0.1", address,
		}},
	}
}

// stories are those of the pages that need more than a resource that is ready.
func stories() map[string]story {
	return map[string]story{
		"docs/dead-letters.md": {
			scene: untilDead(1) + "\necho 'no event' | kubectl superoffice send crm --filename - --unchecked\n" + untilDead(2),
			adapt: deadLetters,
		},
		"docs/gitops.md":          {scene: "kubectl create namespace argocd"},
		"docs/quickstart.md":      {adapt: untilDelivered},
		"docs/superoffice.md":     {scene: "printf 'another secret' >new"},
		"test/fixtures/README.md": {instead: []string{"signature-vector", "test/fixtures/signature-vector"}},
	}
}

// TestPagesCanBeFollowed runs the commands of each page, as a new user would who reads it.
func TestPagesCanBeFollowed(t *testing.T) {
	if user == nil {
		t.Skip("it needs a cluster")
	}
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such customer", http.StatusBadRequest)
	}))
	t.Cleanup(sink.Close)
	all := pages(t)
	told := map[string]bool{}
	for _, s := range opening() {
		told[s.page] = true
		s.tell(t, all[s.page])
	}
	mustRun(t, cleanUp+"kubectl patch deployment superoffice-webhook-operator --namespace="+system+` --type=json `+
		`--patch='[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--observe-interval=2s"}]'`)
	mustRun(t, strings.ReplaceAll(ready, "SINK", sink.URL))
	more := stories()
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if !told[path] {
			s := more[path]
			s.page = path
			s.tell(t, all[path])
		}
	}
}

// tell runs what is to be run, and compares what it prints with what the page shows.
func (s story) tell(t *testing.T, page markdown.Page) {
	var before markdown.Block
	printed, began, state := "", false, filepath.Join(t.TempDir(), "variables")
	for _, block := range page.Blocks {
		w, _ := how(s.page, block, before)
		before = block
		switch w {
		case run:
			if !began && s.scene != "" {
				mustRun(t, s.scene)
			}
			began = true
			text := strings.NewReplacer(s.instead...).Replace(block.Text)
			if s.adapt != nil {
				text = s.adapt(t, text)
			}
			printed = mustRun(t, remembering(state, text))
			t.Logf("%s:%d\n%s\n%s", s.page, block.Line, text, printed)
		case output:
			if diff := cmp.Diff(normal(block.Text), normal(printed)); diff != "" {
				t.Errorf("%s:%d (-shown +printed)\n%s", s.page, block.Line, diff)
			}
		default:
		}
	}
}

// remembering has a script know the variables of those before it.
func remembering(state, script string) string {
	return fmt.Sprintf("touch %[1]s; . %[1]s; set -a\n%[2]s\nexport -p >%[1]s", state, script)
}

func normal(text string) string { return transcript.Align(transcript.Normal(text)) }

// untilDead waits for a dead letter.
func untilDead(id int) string {
	return fmt.Sprintf("until kubectl superoffice dead-letters list crm --namespace sales --id %d --output yaml | grep -q 'id: %[1]d'; do sleep 0.2; done", id)
}

// deadLetters puts in what the page cannot know: the pod, its address, and the newest dead letter of the sink, which refuses what
// is replayed.
func deadLetters(t *testing.T, text string) string {
	t.Helper()
	pod := strings.TrimSpace(mustRun(t, "kubectl get pods --namespace sales --selector webhooks.superoffice.dev/webhook=crm --output jsonpath='{.items[0].metadata.name}'"))
	address, err := user.PodAddress("sales", pod)
	if err != nil {
		t.Fatal(err)
	}
	const newest = "until id=$(kubectl superoffice dead-letters list crm --namespace sales --sink erp --output json | tr ',{' '\\n\\n' | " +
		`sed -n 's/.*"id": *//p' | tail -n 1) && [ "$id" ]; do sleep 0.2; done` + "\n"
	return newest + strings.NewReplacer(
		transcript.Receiver, pod, "127.0.0.1:8081", address+":8081", "curl ", "curl --silent --show-error --fail-with-body ",
		"dead-letters/12/replay'", `dead-letters/'"$id"'/replay'`, "dead-letters/12'", `dead-letters/'"$id"`,
	).Replace(text)
}

// untilDelivered looks into the log until the event is there, which takes less than a reader needs to type.
func untilDelivered(_ *testing.T, text string) string {
	if !strings.HasPrefix(text, "kubectl logs") {
		return text
	}
	return "until out=$(" + strings.TrimSpace(text) + "); do sleep 0.2; done; echo \"$out\""
}
