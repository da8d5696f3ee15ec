// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func TestRemoveSteps(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct {
		name  string
		state jetstream.StreamState
		last  uint64
		want  []uint64
	}{
		{"few small messages at once", jetstream.StreamState{FirstSeq: 1, LastSeq: 1000, Msgs: 1000, Bytes: 2 * mib}, 900, []uint64{900}},
		{"many by and by", jetstream.StreamState{FirstSeq: 11, LastSeq: 50, Msgs: 40, Bytes: 160 * mib}, 50, []uint64{26, 42, 50}},
		{"no farther than is wanted", jetstream.StreamState{FirstSeq: 11, LastSeq: 50, Msgs: 40, Bytes: 160 * mib}, 42, []uint64{26, 42}},
		{"one by one where one is more than a step", jetstream.StreamState{FirstSeq: 1, LastSeq: 3, Msgs: 3, Bytes: 240 * mib}, 3, []uint64{1, 2, 3}},
		{"where most are gone already", jetstream.StreamState{FirstSeq: 1, LastSeq: 1000, Msgs: 10, Bytes: 40 * mib}, 20, []uint64{16, 20}},
		{"none where all are kept", jetstream.StreamState{FirstSeq: 11, LastSeq: 50, Msgs: 40, Bytes: 160 * mib}, 10, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := slices.Collect(removeSteps(c.state, c.last)); !slices.Equal(got, c.want) {
				t.Errorf("the steps end at %d, want %d", got, c.want)
			}
		})
	}
}
