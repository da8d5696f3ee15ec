// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

func TestBrokerDownAtStart(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	s := open(t, addressOf(port))
	if cause := wantRetry(t, s.Send(t.Context(), numbered(t, 1))); !strings.Contains(cause, "connection refused") {
		t.Errorf("it says %q", cause)
	}
	_, broker := start(t, kfake.Ports(port))
	eventuallyDelivered(t, s, numbered(t, 1))
	stored(t, broker, 1)
}

func TestBrokerGoneAndBack(t *testing.T) {
	t.Parallel()
	port, data := freePort(t), t.TempDir()
	c, _ := start(t, kfake.Ports(port), kfake.DataDir(data))
	s := open(t, addressOf(port))
	wantDelivered(t, s.Send(t.Context(), numbered(t, 1)))
	c.Close()
	if cause := wantRetry(t, s.Send(t.Context(), numbered(t, 2))); !strings.Contains(cause, "connection refused") {
		t.Errorf("it says %q", cause)
	}
	_, broker := start(t, kfake.Ports(port), kfake.DataDir(data))
	eventuallyDelivered(t, s, numbered(t, 2))
	records := stored(t, broker, 2)
	if id := headers(records[1])[0].Value; id != "2/activity.created" {
		t.Errorf("the second record is %s", id)
	}
}

// The leader is looked for anew within one attempt.
func TestLeaderThatMoves(t *testing.T) {
	t.Parallel()
	c, broker := start(t, kfake.NumBrokers(3))
	s := open(t, broker)
	for n := range 6 {
		if err := c.MoveTopicPartition(topic, 0, int32(n%3)); err != nil {
			t.Fatal(err)
		}
		wantDelivered(t, s.Send(t.Context(), numbered(t, n)))
	}
	stored(t, broker, 6)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		answer *kerr.Error
		dead   bool
		says   string
	}{
		{kerr.MessageTooLarge, true, "larger than the topic \"superoffice-events\" takes"},
		{kerr.RecordListTooLarge, true, "larger than the topic"},
		{kerr.InvalidRecord, true, "does not take the record"},
		{kerr.NotLeaderForPartition, false, "not the leader"},
		{kerr.LeaderNotAvailable, false, "LEADER_NOT_AVAILABLE"},
		{kerr.NotEnoughReplicas, false, "too few replicas"},
		{kerr.NotEnoughReplicasAfterAppend, false, "for want of replicas"},
		{kerr.RequestTimedOut, false, "did not acknowledge"},
		{kerr.KafkaStorageError, false, "Disk error"},
		{kerr.UnknownServerError, false, "UNKNOWN_SERVER_ERROR"},
		{kerr.InvalidTimestamp, false, "INVALID_TIMESTAMP"},
		{kerr.UnknownTopicOrPartition, false, "create it"},
		{kerr.TopicAuthorizationFailed, false, "allow it to write"},
		{kerr.ClusterAuthorizationFailed, false, "IdempotentWrite"},
		{kerr.PolicyViolation, false, "POLICY_VIOLATION"},
	} {
		t.Run(tc.answer.Message, func(t *testing.T) {
			t.Parallel()
			c, broker := start(t)
			s := open(t, broker)
			wantDelivered(t, s.Send(t.Context(), numbered(t, 1)))
			fault := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: tc.answer, Count: -1})
			said := ""
			switch o := s.Send(t.Context(), numbered(t, 2)).(type) {
			case sink.Dead:
				said = o.Reason
				if !tc.dead || !strings.Contains(o.Answer, tc.answer.Message) {
					t.Errorf("%+v", o)
				}
			case sink.Retry:
				said = o.Cause.Error()
				if tc.dead {
					t.Errorf("%+v", o)
				}
			default:
				t.Fatalf("%T", o)
			}
			if !strings.Contains(said, tc.says) {
				t.Errorf("it says %q, want %q in it", said, tc.says)
			}
			fault.Remove()
			wantDelivered(t, s.Send(t.Context(), numbered(t, 3)))
		})
	}
}

// The client library keeps the refusal of an id for a producer for ever; the sink does not.
func TestPermissionThatIsGrantedLater(t *testing.T) {
	t.Parallel()
	c, broker := start(t)
	s := open(t, broker)
	refusal := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: kerr.ClusterAuthorizationFailed, Count: -1, TopLevel: true})
	for range 2 {
		if cause := wantRetry(t, s.Send(t.Context(), numbered(t, 1))); !strings.Contains(cause, "IdempotentWrite") {
			t.Errorf("it says %q", cause)
		}
	}
	refusal.Remove()
	eventuallyDelivered(t, s, numbered(t, 1))
}

func TestTopicThatIsMissing(t *testing.T) {
	t.Parallel()
	c, broker := start(t)
	s := open(t, broker, func(o *Options) { o.Topic = "later" })
	for range 3 { // made, deleted and made anew
		if cause := wantRetry(t, s.Send(t.Context(), numbered(t, 1))); !strings.Contains(cause, `the topic "later" does not exist`) {
			t.Errorf("it says %q", cause)
		}
		if err := c.CreateTopic("later", 1, nil); err != nil {
			t.Fatal(err)
		}
		eventuallyDelivered(t, s, numbered(t, 1))
		if err := c.DeleteTopic("later"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	c, broker := start(t) // with Kafka's default of 1 MiB
	if err := c.CreateTopic("large", 1, map[string]string{"max.message.bytes": "4000000"}); err != nil {
		t.Fatal(err)
	}
	dead, ok := open(t, broker).Send(t.Context(), large(t, 2_000_000)).(sink.Dead)
	if !ok || !strings.Contains(dead.Reason, "max.message.bytes") || !strings.Contains(dead.Answer, "MESSAGE_TOO_LARGE") {
		t.Errorf("%+v", dead)
	}
	s := open(t, broker, func(o *Options) { o.Topic = "large" })
	wantDelivered(t, s.Send(t.Context(), large(t, 2_000_000)))
}

// A broker refuses a batch as a whole. Events that are small enough each are not dead for having been sent together.
func TestBatchThatIsRefused(t *testing.T) {
	t.Parallel()
	c, broker := start(t)
	if err := c.CreateTopic("small", 1, map[string]string{"max.message.bytes": "3000"}); err != nil {
		t.Fatal(err)
	}
	s := open(t, broker, func(o *Options) { o.Topic = "small" })
	release := make(chan struct{})
	c.ControlKey(int16(kmsg.InitProducerID), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.SleepControl(func() { <-release })
		c.DropControl()
		return nil, nil, false
	})
	tooLarge := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Observe: true, Count: -1, When: func(r kmsg.Request) bool {
		return len(r.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records) > 3000
	}})
	var all sync.WaitGroup
	m := large(t, 2000)
	for range 10 {
		all.Go(func() {
			if o := s.Send(t.Context(), m); o != (sink.Delivered{}) {
				t.Errorf("%T %+v", o, o)
			}
		})
	}
	await(t, "all are in the hands of the client", func() bool { return s.together.client.BufferedProduceRecords() == 10 })
	close(release)
	all.Wait()
	if tooLarge.Hits() == 0 {
		t.Error("there was no batch that is too large, so this test says nothing")
	}
}

// An answer that says nothing about what became of the record leads to the same record, not to another.
func TestAnswerThatWasLost(t *testing.T) {
	t.Parallel()
	c, broker := start(t)
	s := open(t, broker)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.RequestTimedOut}) // the broker stores it nevertheless
	wantDelivered(t, s.Send(t.Context(), numbered(t, 1)))
	if n := c.PartitionInfo(topic, 0).HighWatermark; n != 1 {
		t.Errorf("stored %d times", n)
	}
}

func TestConcurrentSends(t *testing.T) {
	t.Parallel()
	c, broker := start(t)
	s := open(t, broker)
	var all sync.WaitGroup
	for n := range 200 {
		m := numbered(t, n)
		all.Go(func() {
			if o := s.Send(t.Context(), m); o != (sink.Delivered{}) {
				t.Errorf("%T %+v", o, o)
			}
		})
	}
	all.Wait()
	ids := map[string]bool{}
	for _, r := range stored(t, broker, 200) {
		ids[headers(r)[0].Value] = true
	}
	if n := c.PartitionInfo(topic, 0).HighWatermark; n != 200 || len(ids) != 200 {
		t.Errorf("%d records of %d events, want 200", n, len(ids))
	}
}

// silence makes a cluster read records and not answer.
func silence(c *kfake.Cluster) (end func(), heard chan struct{}) {
	var over atomic.Bool
	heard = make(chan struct{}, 1000)
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		if over.Load() {
			return nil, nil, false
		}
		c.KeepControl()
		heard <- struct{}{}
		return nil, nil, true
	})
	return func() { over.Store(true) }, heard
}

func TestSilentBroker(t *testing.T) {
	t.Parallel()
	c, broker := start(t)
	end, _ := silence(c)
	s := open(t, broker, within(300*time.Millisecond))
	began := time.Now()
	for range 3 {
		if cause := wantRetry(t, s.Send(t.Context(), numbered(t, 1))); !strings.Contains(cause, "no acknowledgement within 300ms") {
			t.Errorf("it says %q", cause)
		}
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it waited for %s", took)
	}
	end()
	eventuallyDelivered(t, s, numbered(t, 2))
	if id := headers(stored(t, broker, 1)[0])[0].Value; id != "2/activity.created" {
		t.Errorf("%s was sent after it was given up", id)
	}
}

// Even one that the client has put behind another.
func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c, broker := start(t)
	_, heard := silence(c)
	s := open(t, broker)
	shutdown := errors.New("the receiver is being shut down")
	send := func(m sink.Message) (cancel func(), done chan sink.Outcome) {
		ctx, cancelCause := context.WithCancelCause(t.Context())
		done = make(chan sink.Outcome, 1)
		go func() { done <- s.Send(ctx, m) }()
		return func() { cancelCause(shutdown) }, done
	}
	cancelFirst, first := send(numbered(t, 1))
	<-heard
	cancelSecond, second := send(numbered(t, 2))
	await(t, "both are in the hands of the client", func() bool { return s.together.client.BufferedProduceRecords() == 2 })
	cancelSecond()
	if cause := wantRetry(t, <-second); !strings.Contains(cause, shutdown.Error()) {
		t.Errorf("the second says %q", cause)
	}
	select {
	case o := <-first:
		t.Errorf("the second waited for the first: %+v", o)
	default:
	}
	cancelFirst()
	if cause := wantRetry(t, <-first); !strings.Contains(cause, shutdown.Error()) {
		t.Errorf("the first says %q", cause)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	c, broker := start(t)
	_, heard := silence(c)
	s := open(t, broker)
	done := make(chan sink.Outcome, 1)
	m := numbered(t, 1)
	go func() { done <- s.Send(t.Context(), m) }()
	<-heard
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if cause := wantRetry(t, <-done); !strings.Contains(cause, "closed") {
		t.Errorf("it says %q", cause)
	}
	if cause := wantRetry(t, s.Send(t.Context(), numbered(t, 1))); !strings.Contains(cause, "closed") {
		t.Errorf("afterwards it says %q", cause)
	}
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("not within %s: %s", patience, what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
