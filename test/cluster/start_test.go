// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
)

// answers tells whether the API server of a cluster does.
func answers(ctx context.Context, c *Cluster) error {
	config := c.Config()
	config.Timeout = patience
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	return client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	images, err := testImages()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	c, err := Start(t.Context(), Options{Progress: t.Output(), Images: images})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Stop()
	t.Logf("started in %s beside other tests, and the cluster that they share in %s",
		time.Since(begun).Round(time.Millisecond), shared.started.Round(time.Millisecond))
	if err := runPod(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]*Cluster{"new": c, "shared": shared.Cluster} { // two at a time
		if err := answers(t.Context(), other); err != nil {
			t.Errorf("%s cluster: %v", name, err)
		}
	}
	if c.Kubeconfig() == shared.Kubeconfig() || c.Logs() == shared.Logs() || c.Config().Host == shared.Config().Host {
		t.Error("the clusters share something")
	}
	if running := processesOf(c.state.dir); len(running) != 4 { // the control plane's three, and the pod's
		t.Errorf("there run %s", strings.Join(running, "; "))
	}

	for range 2 { // it may be called again
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	}
	if left := processesOf(c.state.dir); len(left) > 0 {
		t.Errorf("processes are left: %s", strings.Join(left, "; "))
	}
	if _, err := os.Stat(c.state.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state is left: %v", err)
	}
	if answers(t.Context(), c) == nil {
		t.Error("its API server still answers")
	}
	if err := answers(t.Context(), shared.Cluster); err != nil {
		t.Errorf("the other cluster has suffered: %v", err)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	c, err := Start(t.Context(), Options{Progress: t.Output(), WithoutControllers: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Stop()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Wait(ended); err != nil {
		t.Errorf("the context ended, and Wait returned %v", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c.etcd.process.Kill()
	if err := c.Wait(soon); err == nil || !strings.Contains(err.Error(), "etcd ended with exit code 137; its log ends with:") {
		t.Errorf("got %v", err)
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
}

func TestClusterWithoutNodeSaysSo(t *testing.T) {
	t.Parallel()
	c := &Cluster{}
	if _, err := c.PodAddress("default", "web"); !errors.Is(err, ErrNoNode) {
		t.Errorf("got %v", err)
	}
	if err := c.Kill("default", "web", "main"); !errors.Is(err, ErrNoNode) {
		t.Errorf("got %v", err)
	}
}

// assets makes a folder of programs, some of which are replaced by scripts.
func assets(t *testing.T, scripts map[binaries.Program]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, p := range []binaries.Program{binaries.Etcd, binaries.APIServer, binaries.ControllerManager} {
		path := filepath.Join(dir, string(p))
		if script, replaced := scripts[p]; replaced {
			if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.Symlink(shared.programs[p], path); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestFailedStart changes the environment, so that it does not run beside other tests.
func TestFailedStart(t *testing.T) {
	tmp := shortTempDir(t)
	t.Setenv("TMPDIR", tmp)
	attempts := filepath.Join(tmp, "attempts")
	for name, c := range map[string]struct {
		assets string
		want   []string
	}{
		"tells of a missing program": {
			filepath.Join(tmp, "missing"),
			[]string{"KUBEBUILDER_ASSETS is set to " + filepath.Join(tmp, "missing"), "missing/etcd: no such file or directory"},
		},
		"tells how a component ended": {
			assets(t, map[binaries.Program]string{binaries.Etcd: "echo no space left; exit 4"}),
			[]string{"etcd ended with exit code 4; its log ends with:\nno space left\n"},
		},
		"tells how a component ended that comes up later": {
			assets(t, map[binaries.Program]string{binaries.ControllerManager: "echo no such flag; exit 5"}),
			[]string{"kube-controller-manager ended with exit code 5; its log ends with:\nno such flag\n"},
		},
		"comes after several ports were taken": {
			assets(t, map[binaries.Program]string{binaries.APIServer: "echo >>" + attempts + "; echo bind: address already in use; exit 6"}),
			[]string{"kube-apiserver ended with exit code 6", "address already in use"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(binaries.AssetsVariable, c.assets)
			started, err := Start(t.Context(), Options{Progress: t.Output()})
			if err == nil {
				_ = started.Stop()
				t.Fatal("it has started")
			}
			for _, want := range append(c.want, "start cluster: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want an error with %q", err, want)
				}
			}
			nothingLeft(t, tmp)
		})
	}
	if data, err := os.ReadFile(attempts); err != nil || len(data) != portAttempts {
		t.Errorf("%d attempts, want %d, error %v", len(data), portAttempts, err)
	}
	t.Run("tells of a path that is too long", func(t *testing.T) {
		long := filepath.Join(tmp, strings.Repeat("x", 80))
		if err := os.Mkdir(long, 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("TMPDIR", long)
		_, err := Start(t.Context(), Options{Progress: t.Output()})
		if err == nil || !strings.Contains(err.Error(), "set TMPDIR to a shorter one") {
			t.Errorf("got %v", err)
		}
		nothingLeft(t, long)
	})
	t.Run("comes with the end of its context", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("waited long enough")
		t.Setenv(binaries.AssetsVariable, assets(t, map[binaries.Program]string{binaries.Etcd: "exec sleep 1000"}))
		waiting := time.AfterFunc(200*time.Millisecond, func() { cancel(enough) })
		defer waiting.Stop()
		if _, err := Start(ctx, Options{Progress: t.Output()}); !errors.Is(err, enough) {
			t.Errorf("got %v, want %v", err, enough)
		}
		nothingLeft(t, tmp)
	})
}

// nothingLeft checks that a cluster that did not start has left neither processes nor files.
func nothingLeft(t *testing.T, tmp string) {
	t.Helper()
	if left := processesOf(filepath.Join(tmp, "superoffice")); len(left) > 0 {
		t.Errorf("processes are left: %s", strings.Join(left, "; "))
	}
	dirs, err := filepath.Glob(filepath.Join(tmp, "superoffice-webhook-cluster-*", "*"))
	if err != nil || len(dirs) > 0 {
		t.Errorf("%v is left, error %v", dirs, err)
	}
}
