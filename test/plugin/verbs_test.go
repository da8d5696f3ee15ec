// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// TestDeadLettersOverPods has dead letters in two pods, each of which counts for itself.
func TestDeadLettersOverPods(t *testing.T) {
	t.Parallel()
	const namespace = "dead-letters"
	s := newSink(t)
	webhook(t, namespace, 2, s)
	s.status.Store(http.StatusBadRequest)
	crm := &v1alpha1.SuperOfficeWebhook{}
	crm.Namespace, crm.Name = namespace, "crm"
	pods, err := resource.RunningPods(t.Context(), shared.access.Client, crm)
	if err != nil || len(pods) != 2 {
		t.Fatalf("%v (%v)", pods, err)
	}
	for _, pod := range pods { // two to each
		address, err := shared.cluster.PodAddress(namespace, pod.Name)
		if err != nil {
			t.Fatal(err)
		}
		r := shell(t.Context(), "Name you provided", fmt.Sprintf("kubectl superoffice send --url http://%s:8080/webhook --secret-file /dev/stdin -n 2", address))
		if r.code != 0 {
			t.Fatal(r.both)
		}
	}
	in := func(line string) string { return "kubectl superoffice dead-letters " + line + " -n " + namespace }

	var list []struct {
		Receiver string
		ID       int
		Reason   string
	}
	await(t, "four dead letters", func() (string, bool) {
		r := shell(t.Context(), "", in("list crm -o json"))
		return r.both, json.Unmarshal([]byte(r.stdout), &list) == nil && len(list) == 4
	})
	of := map[string]int{}
	for _, l := range list {
		of[l.Receiver]++
	}
	if of[pods[0].Name] != 2 || of[pods[1].Name] != 2 {
		t.Errorf("the dead letters are of %v, want two of each pod", of)
	}
	one := fmt.Sprintf("%s/%d", list[0].Receiver, list[0].ID)
	if r := mustRun(t, 0, in("show crm "+one)); !strings.Contains(r.stdout, "no such customer") || !strings.Contains(r.stdout, "activity.created") {
		t.Errorf("it shows\n%s", r.both)
	}
	mustRun(t, 3, in("list crm --id 1")) // which of the two?
	mustRun(t, 2, in("purge crm --id "+one))
	mustRun(t, 0, in("purge crm --yes --id "+one))

	s.status.Store(http.StatusNoContent)
	if r := mustRun(t, 0, in("replay crm --sink erp --dry-run")); !strings.Contains(r.stdout, "Would replay 3 dead letters") {
		t.Errorf("it says\n%s", r.both)
	}
	if r := mustRun(t, 0, in("replay crm --sink erp")); !strings.Contains(r.stdout, "Replayed 3 dead letters") {
		t.Errorf("it says\n%s", r.both)
	}
	await(t, "the replayed events at the sink", func() (string, bool) { return fmt.Sprint(s.took.Load()), s.took.Load() == 3 })
	if r := mustRun(t, 0, in("list crm")); !strings.Contains(r.both, "There are no such dead letters") {
		t.Errorf("it says\n%s", r.both)
	}
}

// TestCompletion asks as shells do, through kubectl.
func TestCompletion(t *testing.T) {
	t.Parallel()
	const namespace = "completion"
	webhook(t, namespace, 1, newSink(t))
	for line, want := range map[string]string{
		"superoffice sta": "status",
		"superoffice status -n " + namespace + " ''":                       "crm",
		"superoffice suspend -n " + namespace + " crm ''":                  "",
		"superoffice dead-letters list crm -n " + namespace + " --sink ''": "erp",
		"superoffice tail crm -n " + namespace + " --sink ''":              "erp",
		"superoffice get -n compl":                                         namespace,
		"superoffice get -o ''":                                            "wide\njson\nyaml",
		"superoffice send crm ''":                                          "activity.created\nactivity.changed\nactivity.deleted\ntest",
	} {
		r := mustRun(t, 0, "kubectl __complete "+line)
		var got []string
		for l := range strings.SplitSeq(strings.TrimSpace(r.stdout), "\n") {
			if name, _, _ := strings.Cut(l, "\t"); !strings.HasPrefix(name, ":") {
				got = append(got, name)
			}
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%q is completed by %q, want %q", line, got, want)
		}
	}
}

// TestTrouble looks at a resource whose Secret is missing: everybody says so, and how to mend it, by the exit code as well.
func TestTrouble(t *testing.T) {
	t.Parallel()
	const namespace = "trouble"
	s := newSink(t)
	webhook(t, namespace, 1, s)
	mustRun(t, 0, "kubectl patch superofficewebhook crm --type=merge -p '{\"spec\":{\"secret\":{\"name\":\"missing\"}}}' -n "+namespace)
	await(t, "the missing Secret to be noticed", func() (string, bool) {
		r := shell(t.Context(), "", "kubectl superoffice get -n "+namespace)
		return r.both, strings.Contains(r.stdout, "SecretNotFound")
	})
	r := mustRun(t, 1, "kubectl superoffice status crm -n "+namespace)
	for _, want := range []string{"Act  Ready (SecretNotFound)", "Create the Secret that the message names", "unknown: there is no Secret trouble/missing"} {
		if !strings.Contains(r.both, want) {
			t.Errorf("status does not say %q:\n%s", want, r.both)
		}
	}
	r = mustRun(t, 1, "kubectl superoffice doctor crm -o json -n "+namespace)
	var checks []struct{ Check, State, Found string }
	if err := json.Unmarshal([]byte(r.stdout), &checks); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, c := range checks {
		if c.State == "fail" && c.Check == "resource" {
			failed++
		}
	}
	if failed == 0 {
		t.Errorf("doctor finds nothing:\n%s", r.both)
	}
	mustRun(t, 3, "kubectl superoffice status nothing -n "+namespace)
	mustRun(t, 2, "kubectl superoffice status -n "+namespace)
}

// TestWatch ends by Ctrl-C, which is how it is meant to end.
func TestWatch(t *testing.T) {
	t.Parallel()
	const namespace = "watch"
	webhook(t, namespace, 1, newSink(t))
	c := beside(t, "kubectl superoffice get -w -n "+namespace, "Accepting")
	mustRun(t, 0, "kubectl superoffice suspend --all -n "+namespace)
	mustRun(t, 0, "kubectl delete superofficewebhook crm -n "+namespace)
	c.says(t, "Accepting, Suspended")
	c.says(t, "Deleted")
	c.interrupt(t)
	if r := c.end(t); r.code != 0 {
		t.Errorf("it ends with code %d", r.code)
	}
}

// TestRequestIsNoticed has reconcile write what the operator is to see.
func TestRequestIsNoticed(t *testing.T) {
	t.Parallel()
	const namespace = "reconcile"
	webhook(t, namespace, 1, newSink(t))
	mustRun(t, 0, "kubectl superoffice reconcile crm -n "+namespace)
	r := mustRun(t, 0, `kubectl get superofficewebhook crm -o 'jsonpath={.metadata.annotations.webhooks\.superoffice\.dev/requestedAt}' -n `+namespace)
	if !strings.HasPrefix(r.stdout, "20") || !strings.HasSuffix(r.stdout, "Z") {
		t.Errorf("the annotation is %q", r.stdout)
	}
}

// TestRenderedIsWhatIs compares what render shows with what the operator applied.
func TestRenderedIsWhatIs(t *testing.T) {
	t.Parallel()
	const namespace = "render"
	webhook(t, namespace, 1, newSink(t))
	if _, err := exec.LookPath("diff"); err != nil {
		t.Skip("kubectl diff needs diff")
	}
	r := shell(t.Context(), "", "kubectl superoffice render crm -n "+namespace+" | kubectl diff --server-side --field-manager=superoffice-webhook-operator -f -")
	if r.code != 0 {
		t.Errorf("it differs:\n%s", r.both)
	}
}
