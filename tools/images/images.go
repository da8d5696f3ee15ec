// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
)

// registry is where the images are said to be from; nothing is sent there.
const registry = "ghcr.io/superoffice-webhook"

const (
	module = "github.com/superoffice-webhook/operator"
	mebi   = 1 << 20
)

// image is one to make.
type image struct {
	name string
	// program is the import path of its main package.
	program string
	// module is the folder, within root, of the module that pins the program; empty for the root's own.
	module string
	// limit is how many bytes a node may have to fetch for it: the compressed layers of one platform.
	limit int64
}

// product are the images that users install.
var product = []string{"manager", "receiver", "kubectl-superoffice"}

// images are all that can be made; those that are no product are for the tests on a real cluster.
//
// The limits leave some room. Whoever has to raise one says why in the commit.
var images = []image{
	{name: "manager", program: module + "/cmd/manager", limit: 20 * mebi},
	{name: "receiver", program: module + "/cmd/receiver", limit: 20 * mebi},
	{name: "kubectl-superoffice", program: module + "/cmd/kubectl-superoffice", limit: 20 * mebi},
	{name: "pause", program: module + "/test/realcluster/pause", limit: 2 * mebi},
	{name: "workload", program: module + "/test/e2e/workload", limit: 12 * mebi},
	{name: "nats-server", program: "github.com/nats-io/nats-server/v2", limit: 12 * mebi},
	{name: "traefik", program: "github.com/traefik/traefik/v3/cmd/traefik", module: "tools/ingress", limit: 48 * mebi},
}

// choose returns the images with these names.
func choose(names []string) ([]image, error) {
	var chosen []image
	for _, name := range names {
		i := slices.IndexFunc(images, func(i image) bool { return i.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no image %q", name)
		}
		chosen = append(chosen, images[i])
	}
	return chosen, nil
}
