// SPDX-License-Identifier: Apache-2.0

package main

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
	// limit is how many bytes a node may have to fetch for it: the compressed layers of one platform.
	limit int64
}

// sets are the images that are made together.
//
// The limits leave some room. Whoever has to raise one says why in the commit.
var sets = map[string][]image{
	"product": {
		{name: "manager", program: module + "/cmd/manager", limit: 24 * mebi},
		{name: "receiver", program: module + "/cmd/receiver", limit: 24 * mebi},
	},
	// What the tests on a real cluster need besides. The tag is theirs alone, so they never meet a real one.
	"test": {
		{name: "pause", program: module + "/test/realcluster/pause", limit: 4 * mebi},
		{name: "workload", program: module + "/test/e2e/workload", limit: 16 * mebi},
		{name: "nats-server", program: "github.com/nats-io/nats-server/v2", limit: 16 * mebi},
	},
}
