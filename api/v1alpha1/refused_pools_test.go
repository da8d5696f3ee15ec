// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// refusedPools are members of a pool that ask for what a pool cannot give.
var refusedPools = []refusal{
	{"a pool without a name", set{"spec.receiver.pool", "''"}, "spec.receiver.pool in body should be at least 1 chars long"},
	{"a pool of a name that is too long", set{"spec.receiver.pool", text(53)}, "spec.receiver.pool: Too long: may not be more than 52 bytes"},
	{"a pool of a name that no Service can have", set{"spec.receiver.pool", "Edge.1"}, "spec.receiver.pool in body should match '^[a-z]([-a-z0-9]*[a-z0-9])?$'"},
	{"a pool and a volume", spec("receiver: {pool: edge}, queue: {embedded: {persistentVolumeClaim: {}}}"), "spec: Invalid value: spec.queue.embedded.persistentVolumeClaim: cannot be set with spec.receiver.pool, because a pool has several pods and one only can use a volume"},
	{"a pool and a certificate", spec("receiver: {pool: edge}, exposure: {tls: {secretName: a}}"), "spec: Invalid value: spec.exposure.tls: cannot be set with spec.receiver.pool"},
	{"a pool and a path", spec("receiver: {pool: edge}, exposure: {path: /crm}"), "spec: Invalid value: spec.exposure.path: cannot be set with spec.receiver.pool, where it is /hooks/<namespace>/<name>"},
}
