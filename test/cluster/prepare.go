// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"io"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// Prepare finds or compiles everything that a cluster and its users need, so that the next Start takes seconds. Call
// it where somebody watches: go test shows what a package says only when the package is done.
func Prepare(ctx context.Context, progress io.Writer) error {
	spawner := process.NewSpawner()
	defer spawner.Close()
	_, err := find(ctx, binaries.Finder{Spawner: spawner, Progress: progress},
		binaries.Etcd, binaries.APIServer, binaries.ControllerManager, binaries.Kubectl)
	return err
}

// Kubectl returns the path of a kubectl that fits the cluster: the machine's own, or else one that is compiled now.
func Kubectl(ctx context.Context, progress io.Writer) (string, error) {
	spawner := process.NewSpawner()
	defer spawner.Close()
	return binaries.Finder{Spawner: spawner, Progress: progress}.Find(ctx, binaries.Kubectl)
}
