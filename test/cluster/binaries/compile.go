// SPDX-License-Identifier: Apache-2.0

package binaries

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster/dirlock"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// progressInterval is how often a compilation says that it is still at it.
const progressInterval = 10 * time.Second

// recipe says how to compile a program, and how long it takes on two cores when nothing is cached.
type recipe struct {
	module   module
	pkg      string
	estimate string
}

// The programs share most of their packages: the first one compiled takes the longest.
var recipes = map[Program]recipe{
	Etcd:              {etcd, "go.etcd.io/etcd/server/v3", "about 1 minute on 2 cores"},
	APIServer:         {kubernetes, "k8s.io/kubernetes/cmd/kube-apiserver", "about 5 minutes on 2 cores"},
	ControllerManager: {kubernetes, "k8s.io/kubernetes/cmd/kube-controller-manager", "about 1 minute on 2 cores"},
	Kubectl:           {kubernetes, "k8s.io/kubernetes/cmd/kubectl", "about 1 minute on 2 cores"},
	Scheduler:         {kubernetes, "k8s.io/kubernetes/cmd/kube-scheduler", "about half a minute on 2 cores"},
	Kubelet:           {kubernetes, "k8s.io/kubernetes/cmd/kubelet", "about 1 minute on 2 cores"},
	Proxy:             {kubernetes, "k8s.io/kubernetes/cmd/kube-proxy", "about half a minute on 2 cores"},
	CoreDNS:           {coredns, ownPackage, "about half a minute on 2 cores"},
}

// compiled returns the program from the cache, after compiling it if it is not there.
func (f Finder) compiled(ctx context.Context, p Program) (string, error) {
	r := recipes[p]
	pin, err := r.module.read()
	if err != nil {
		return "", err
	}
	dir, err := cacheDir(r.module, pin)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, string(p))
	if exists(path) {
		return path, nil
	}

	lock, err := f.lock(ctx, dir, p)
	if err != nil {
		return "", err
	}
	defer lock.Release()
	if exists(path) { // another process was faster
		return path, nil
	}
	return path, f.compile(ctx, p, r, pin, path)
}

func cacheDir(m module, p pin) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for compiled programs: %w", err)
	}
	dir := filepath.Join(cache, "superoffice-webhook-operator", "cluster", m.name+"-"+p.version+"-"+p.hash)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", fmt.Errorf("make a place for compiled programs: %w", err)
	}
	return dir, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (f Finder) lock(ctx context.Context, dir string, p Program) (*dirlock.Lock, error) {
	stop := f.report(fmt.Sprintf("waiting for %s, which another process may be compiling", p), progressInterval)
	defer stop()
	return dirlock.Wait(ctx, dir)
}

func (f Finder) compile(ctx context.Context, p Program, r recipe, pin pin, path string) error {
	what := fmt.Sprintf("compiling %s %s (once, %s)", p, pin.version, r.estimate)
	f.say("%s…", what)
	begun := time.Now()
	stop := f.report(what, progressInterval)
	err := f.goBuild(ctx, r, pin, path)
	stop()
	if err != nil {
		return fmt.Errorf("compile %s: %w", p, err)
	}
	f.say("compiled %s %s in %s", p, pin.version, time.Since(begun).Round(time.Second))
	return nil
}

// goBuild compiles into a temporary file beside the target and renames it, so that the target is whole or absent.
func (f Finder) goBuild(ctx context.Context, r recipe, pin pin, path string) error {
	tool, err := goCommand()
	if err != nil {
		return err
	}
	output, err := os.CreateTemp("", "go-build-*.log")
	if err != nil {
		return err
	}
	defer func() {
		_ = output.Close()
		_ = os.Remove(output.Name())
	}()

	temporary := path + ".unfinished" // no one else writes it: the folder is locked
	build, err := f.Spawner.Start(process.Command{
		Path: tool,
		Args: []string{"build", "-trimpath", "-ldflags", linkerFlags(r.module, pin.version), "-o", temporary, r.pkg},
		// Settings of the caller's, which are about the caller's module, would change or break this one.
		Env:    append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "PWD="+pin.dir),
		Dir:    pin.dir,
		Output: output,
	})
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary) }()
	if err := await(ctx, build); err != nil {
		return fmt.Errorf("%w\n%s", err, process.Tail(output.Name()))
	}
	return os.Rename(temporary, path)
}

func await(ctx context.Context, build *process.Process) error {
	select {
	case <-build.Done():
	case <-ctx.Done():
		build.Stop(5 * time.Second)
		return context.Cause(ctx)
	}
	if code, _ := build.Exit(); code != 0 {
		return fmt.Errorf("go build ended with exit code %d", code)
	}
	return nil
}
