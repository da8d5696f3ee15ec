// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// BenchmarkDelivery is the way of an event from Put to the acknowledgement of a sink that takes it at once.
func BenchmarkDelivery(b *testing.B) {
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		b.Fatal(err)
	}
	for _, concurrency := range []int{1, 8} {
		b.Run(fmt.Sprintf("concurrency %d", concurrency), func(b *testing.B) {
			q, err := queue.Open(b.Context(), b.TempDir(), config.Queue{
				MaxBytes: 8 << 30, MaxAge: config.Duration(time.Hour), DuplicateWindow: config.DefaultDuplicateWindow,
			}, logr.Discard())
			if err != nil {
				b.Fatal(err)
			}
			defer q.Close()
			var delivered atomic.Int64
			done := make(chan struct{})
			f := newFake(nil)
			t := f.target("noop", func(c *config.Sink) { c.Delivery.Concurrency = concurrency })
			t.Open = func() (sink.Sink, error) {
				return noop(func() {
					if delivered.Add(1) == int64(b.N) {
						close(done)
					}
				}), nil
			}
			d := New(q, func(Attempt) {}, logr.Discard())
			if err := d.Apply(b.Context(), []Target{t}, false); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			b.ResetTimer()
			var n atomic.Int64
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						m := queue.Message{Body: body, Received: time.Now()}
						if _, err := q.Put(b.Context(), superoffice.ActivityCreated, superoffice.DedupKey(fmt.Sprint(i)), m); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			<-done
			d.Stop(b.Context())
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// noop takes every event and tells.
type noop func()

func (f noop) Send(context.Context, sink.Message) sink.Outcome {
	f()
	return sink.Delivered{}
}

func (noop) Close() error { return nil }
