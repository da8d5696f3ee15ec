// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// Options say what to run.
type Options struct {
	// PauseImage is an OCI archive with the image of the folder pause, which the container runtime starts in each pod.
	PauseImage string
	// Logs is a folder for what the cluster's components say. It stays.
	Logs string
	// Command is run while the cluster is up, with KUBECONFIG and E2E_LOAD in its environment.
	Command []string
	// Progress is told what happens, line by line.
	Progress io.Writer
}

// The stages of a run, told to each process by an environment variable. No stage is the one outside.
const (
	stageVariable = "SUPEROFFICE_WEBHOOK_REALCLUSTER_STAGE"
	stageInit     = "init"
	stageInside   = "inside"
)

// Run runs the command in a cluster and returns its exit code. Call it on the main thread, in a program that calls it again
// with the same options when it is started with the same arguments.
func Run(ctx context.Context, o Options) (code int, err error) {
	switch os.Getenv(stageVariable) {
	case stageInit:
		return runInit()
	case stageInside:
		return runInside(ctx, o)
	default:
		return runOutside(ctx, o)
	}
}

// Prepare compiles the programs of a cluster that are not there yet.
func Prepare(ctx context.Context, progress io.Writer) error {
	_, err := find(ctx, progress)
	return err
}

func find(ctx context.Context, progress io.Writer) (map[binaries.Program]string, error) {
	spawner := process.NewSpawner()
	defer spawner.Close()
	finder := binaries.Finder{Spawner: spawner, Progress: progress}
	found := map[binaries.Program]string{}
	for _, p := range []binaries.Program{
		binaries.Etcd, binaries.APIServer, binaries.ControllerManager, binaries.Kubectl,
		binaries.Scheduler, binaries.Kubelet, binaries.Proxy, binaries.CoreDNS,
	} {
		path, err := finder.Find(ctx, p)
		if err != nil {
			return nil, err
		}
		found[p] = path
	}
	return found, nil
}

// absolute makes the paths of the options independent of where a process runs.
func (o Options) absolute() (Options, error) {
	for _, path := range []*string{&o.PauseImage, &o.Logs} {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, err
		}
		*path = absolute
	}
	if _, err := os.Stat(o.PauseImage); err != nil {
		return o, fmt.Errorf("the image for pods' networks (make prepare-e2e makes it): %w", err)
	}
	return o, nil
}
