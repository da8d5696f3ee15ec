// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// refusedChanges are of resources that are there.
var refusedChanges = []struct {
	name    string
	before  []set
	change  set
	message string
}{
	{"a move to a pool", nil, set{"spec.receiver.pool", "edge"}, poolStays},
	{"a move to another pool", []set{{"spec.receiver.pool", "edge"}}, set{"spec.receiver.pool", "core"}, poolStays},
	{"a move out of a pool", []set{{"spec.receiver.pool", "edge"}}, set{"spec.receiver", "{}"}, poolStays},
	{"a move out of a pool by null", []set{{"spec.receiver.pool", "edge"}}, set{"spec.receiver", "null"}, poolStays},
	{"a move off a volume", claimed, set{"spec.queue.embedded", "{storage: {size: 1Gi}}"}, claimStays},
	{"a move off a volume by null", claimed, set{"spec.queue", "null"}, claimStays},
	{"a move off a volume into JetStream", claimed, set{"spec.queue", "{jetStream: {urls: ['nats://nats:4222']}}"}, claimStays},
	{"a move onto a volume", nil, set{"spec.queue", "{embedded: {persistentVolumeClaim: {}}}"}, claimStays},
	{"a move from JetStream onto a volume", []set{{"spec.queue", "{jetStream: {urls: ['nats://nats:4222']}}"}}, set{"spec.queue", "{embedded: {persistentVolumeClaim: {}}}"}, claimStays},
}

var claimed = []set{{"spec.queue", "{embedded: {persistentVolumeClaim: {}}}"}}

const poolStays = "spec: Invalid value: spec.receiver.pool: cannot be changed, set or unset, because the URL that SuperOffice posts to would change with it; make a second resource"

const claimStays = "spec.queue: Invalid value: embedded.persistentVolumeClaim: cannot be added or taken away, because the pods before could not hand over what they have; make a second resource"
