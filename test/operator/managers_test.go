// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	coordination "k8s.io/api/coordination/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// manager is cmd/manager as a process, with the rights of config/rbac.
type manager struct {
	*process.Process
	log, metrics string
}

func startManager(t *testing.T, args ...string) *manager {
	t.Helper()
	dir := t.TempDir()
	config, err := clientcmd.LoadFromFile(stage.cluster.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		user.Impersonate = identity
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		t.Fatal(err)
	}
	m := &manager{log: filepath.Join(dir, "log"), metrics: freeAddress(t)}
	log, err := os.Create(m.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	spawner := process.NewSpawner()
	t.Cleanup(spawner.Close)
	m.Process, err = spawner.Start(process.Command{
		Path: filepath.Join(stage.programs, "manager"),
		Args: append([]string{
			"--receiver-image=" + receiverImage + ":test", "--observe-interval=1s", "--leader-elect",
			"--leader-election-namespace=" + identityNamespace, "--health-probe-bind-address=0", "--metrics-bind-address=" + m.metrics,
		}, args...),
		Env: append(os.Environ(), "KUBECONFIG="+kubeconfig), Dir: dir, Output: log,
	})
	if err != nil {
		t.Fatalf("start a manager: %v", err)
	}
	t.Cleanup(func() {
		m.Kill()
		<-m.Done()
		if text, err := os.ReadFile(m.log); t.Failed() {
			t.Logf("a manager says (%v):\n%s", err, text)
		}
	})
	return m
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// get is what is served at an address and path.
func get(t *testing.T, address, path string) (string, error) {
	t.Helper()
	resp, err := http.Get("http://" + address + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s", resp.Status)
	}
	return string(body), err
}

func holder(t *testing.T) string {
	t.Helper()
	lease := &coordination.Lease{ObjectMeta: meta.ObjectMeta{
		Namespace: identityNamespace, Name: "superoffice-webhook-operator.webhooks.superoffice.dev",
	}}
	if !find(t, lease) {
		return ""
	}
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}

// TestTwoManagers has one work and one wait, until the first ends. It runs alone.
func TestTwoManagers(t *testing.T) {
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	withoutOperator(t, func() {
		create(t, webhook)
		first := startManager(t)
		awaitReady(t, webhook)
		leader := holder(t)
		if leader == "" {
			t.Fatal("it works without a lease")
		}
		second := startManager(t)
		await(t, "the second to wait for the lease", func(context.Context) (any, bool) {
			text, err := os.ReadFile(second.log)
			return err, strings.Contains(string(text), "Attempting to acquire leader lease")
		})
		wantMetric(t, first, ns, true)
		wantMetric(t, second, ns, false)

		first.Signal(syscall.SIGTERM)
		if code, _ := first.Exit(); code != 0 {
			t.Errorf("the first ended with %d", code)
		}
		if now := holder(t); now == leader {
			t.Errorf("%s has ended and still holds the lease", leader)
		}
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Replicas = ptr.To[int32](2) })
		awaitReady(t, webhook)
		wantMetric(t, second, ns, true)
		remove(t, webhook)
		awaitGone(t, webhook)
		wantMetric(t, second, ns, false)
	})
}

// wantMetric awaits that a manager tells of a resource's condition, or does not.
func wantMetric(t *testing.T, m *manager, namespace string, want bool) {
	t.Helper()
	series := `superoffice_webhook_resource_condition{name="crm",namespace="` + namespace + `",status="True",type="Ready"} 1`
	await(t, fmt.Sprintf("the metric of the resource, there: %t", want), func(context.Context) (any, bool) {
		text, err := get(t, m.metrics, "/metrics")
		return err, err == nil && strings.Contains(text, series) == want
	})
}

// TestProfilesAreServedOnRequest runs alone, as the manager has no work beside another.
func TestProfilesAreServedOnRequest(t *testing.T) {
	address := freeAddress(t)
	startManager(t, "--watch-label-selector=nobody=has-it", "--pprof-bind-address="+address)
	await(t, "the profiles", func(context.Context) (any, bool) {
		text, err := get(t, address, "/debug/pprof/cmdline")
		return err, strings.Contains(text, "--pprof-bind-address")
	})
}

// TestManagersThatShareTheWork each take the resources with a label of theirs. They run without the usual one.
func TestManagersThatShareTheWork(t *testing.T) {
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	withoutOperator(t, func() {
		for _, shard := range []string{"a", "b"} {
			webhook := newWebhook(ns, nowhere())
			webhook.Name, webhook.Labels = shard, map[string]string{"shard": shard}
			create(t, webhook)
		}
		startManager(t, "--watch-label-selector=shard=a")
		a, b := newWebhook(ns, nowhere()), newWebhook(ns, nowhere())
		a.Name, b.Name = "a", "b"
		awaitReady(t, a)
		if !find(t, b) || len(b.Status.Conditions) > 0 {
			t.Errorf("the manager of others has looked at it:\n%s", printed(b.Status))
		}
		startManager(t, "--watch-label-selector=shard=b") // beside the first, which keeps its lease
		awaitReady(t, b)
	})
}
