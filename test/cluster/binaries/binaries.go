// SPDX-License-Identifier: Apache-2.0

package binaries

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// AssetsVariable is the environment variable with which setup-envtest tells where programs are.
const AssetsVariable = "KUBEBUILDER_ASSETS"

// Program is a program of a cluster, named as its file is.
type Program string

// The programs of a cluster.
const (
	Etcd              Program = "etcd"
	APIServer         Program = "kube-apiserver"
	ControllerManager Program = "kube-controller-manager"
	Kubectl           Program = "kubectl"
)

// The programs that a cluster with containers needs besides.
const (
	Scheduler Program = "kube-scheduler"
	Kubelet   Program = "kubelet"
	Proxy     Program = "kube-proxy"
	CoreDNS   Program = "coredns"
)

// Finder finds programs.
type Finder struct {
	// Spawner runs the go command.
	Spawner *process.Spawner
	// Progress is told, line by line, what is being compiled.
	Progress io.Writer
}

// Find returns the path of a program. It may take minutes where the program has to be compiled first.
func (f Finder) Find(ctx context.Context, p Program) (string, error) {
	path, err := fromAssets(p)
	if path != "" || err != nil {
		return path, err
	}
	if p == Kubectl {
		if path := fromPath(ctx); path != "" {
			return path, nil
		}
	}
	return f.compiled(ctx, p)
}

// fromAssets returns "" where the program has to come from elsewhere.
func fromAssets(p Program) (string, error) {
	dir := os.Getenv(AssetsVariable)
	if dir == "" {
		return "", nil
	}
	path := filepath.Join(dir, string(p))
	_, err := os.Stat(path)
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, fs.ErrNotExist) && p != Etcd && p != APIServer:
		return "", nil
	default:
		return "", fmt.Errorf("%s is set to %s: %w", AssetsVariable, dir, err)
	}
}
