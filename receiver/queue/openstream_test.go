// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
)

func TestAdopt(t *testing.T) {
	t.Parallel()
	want := jetstream.StreamConfig{
		Name: "crm-events", Subjects: []string{"crm.event.>", "crm.replay.>"}, Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		Discard: jetstream.DiscardNew, MaxBytes: 1000, MaxAge: time.Hour, Duplicates: time.Minute, Replicas: 3,
		MaxMsgs: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1,
	}
	type change = func(*jetstream.StreamConfig)
	for name, c := range map[string]struct {
		is     change // how the stream differs from what is wanted
		next   change // and how it does in the end
		larger string
	}{
		"as it is wanted": {func(*jetstream.StreamConfig) {}, func(*jetstream.StreamConfig) {}, ""},
		"subjects in another order": {
			func(s *jetstream.StreamConfig) { s.Subjects = []string{"crm.replay.>", "crm.event.>"} },
			func(s *jetstream.StreamConfig) { s.Subjects = []string{"crm.replay.>", "crm.event.>"} }, "",
		},
		"smaller": {
			func(s *jetstream.StreamConfig) { s.MaxBytes, s.MaxAge, s.Duplicates, s.Replicas = 1, 1, 1, 1 },
			func(*jetstream.StreamConfig) {}, "",
		},
		"larger": {
			func(s *jetstream.StreamConfig) {
				s.MaxBytes, s.MaxAge, s.Duplicates, s.Replicas = 2000, 2*time.Hour, 2*time.Minute, 5
			},
			func(s *jetstream.StreamConfig) {
				s.MaxBytes, s.MaxAge, s.Duplicates, s.Replicas = 2000, 2*time.Hour, 2*time.Minute, 5
			},
			"5 replicas and not 3, 2000 bytes and not 1000, messages are kept for 2h0m0s and not 1h0m0s, duplicates are known for 2m0s and not 1m0s",
		},
		"without limits": {
			func(s *jetstream.StreamConfig) { s.MaxBytes, s.MaxAge = -1, 0 },
			func(s *jetstream.StreamConfig) { s.MaxBytes, s.MaxAge = -1, 0 },
			"unlimited bytes and not 1000, messages are kept for unlimited and not 1h0m0s",
		},
		"one that drops messages": {
			func(s *jetstream.StreamConfig) {
				s.Discard, s.MaxMsgs, s.MaxMsgsPerSubject, s.MaxMsgSize, s.NoAck, s.AllowDirect = jetstream.DiscardOld, 1, 1, 1, true, true
			},
			func(*jetstream.StreamConfig) {}, "",
		},
		"what is the administrator's own business": {
			func(s *jetstream.StreamConfig) { s.Description, s.Compression = "ours", jetstream.S2Compression },
			func(s *jetstream.StreamConfig) { s.Description, s.Compression = "ours", jetstream.S2Compression }, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is, next := want, want
			c.is(&is)
			c.next(&next)
			got, larger, err := raise(is, want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(next, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if text := strings.Join(larger, ", "); text != c.larger {
				t.Errorf("it tells %q, want %q", text, c.larger)
			}
		})
	}
	for name, c := range map[string]struct {
		is   change
		tell string
	}{
		"other subjects": {
			func(s *jetstream.StreamConfig) { s.Subjects = []string{"orders.>"} },
			"the stream belongs to somebody else: its subjects are orders.> and not crm.event.>, crm.replay.>",
		},
		"more subjects": {
			func(s *jetstream.StreamConfig) { s.Subjects = append([]string{"orders.>"}, s.Subjects...) },
			"the stream belongs to somebody else: its subjects are orders.>, crm.event.>, crm.replay.> and not crm.event.>, crm.replay.>",
		},
		"a stream that forgets what was read": {
			func(s *jetstream.StreamConfig) { s.Retention = jetstream.WorkQueuePolicy },
			"the stream belongs to somebody else: its retention is WorkQueue on File and not Limits on File, which cannot be changed",
		},
		"a stream in memory": {
			func(s *jetstream.StreamConfig) { s.Storage = jetstream.MemoryStorage },
			"the stream belongs to somebody else: its retention is Limits on Memory and not Limits on File, which cannot be changed",
		},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			is := want
			c.is(&is)
			if _, _, err := raise(is, want); !errors.Is(err, ErrForeignStream) || err.Error() != c.tell {
				t.Errorf("got %v, want %s", err, c.tell)
			}
		})
	}
}
