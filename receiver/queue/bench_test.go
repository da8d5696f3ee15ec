// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func benchmarkQueue(b *testing.B) *Queue {
	b.Helper()
	q, err := openQuietly(b.TempDir(), config.Queue{
		MaxBytes: 8 << 30, MaxAge: config.Duration(time.Hour), DuplicateWindow: config.DefaultDuplicateWindow,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(q.Close)
	return q
}

// BenchmarkPut stores the sample of activity.created, from one and more goroutines. One goroutine with sync is what one
// sync for each event costs; of many, several share each.
func BenchmarkPut(b *testing.B) {
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		b.Fatal(err)
	}
	header := http.Header{
		"Content-Type":            {"application/json; charset=utf-8"},
		"User-Agent":              {"NetServer-Webhook/8.8.6684.1719"},
		"X-Superoffice-Event":     {superoffice.ActivityCreated},
		"X-Superoffice-Eventid":   {"88f91933-edce-4c1a-8d36-3ca44a6c9bd3"},
		"X-Superoffice-Signature": {fixtures.SignedSignature},
	}
	for _, c := range []struct {
		writers int
		sync    bool
	}{{1, false}, {16, false}, {64, false}, {1, true}, {64, true}} {
		b.Run(fmt.Sprintf("%d goroutines, sync %t", c.writers, c.sync), func(b *testing.B) {
			q := benchmarkQueue(b)
			q.synced.Store(c.sync)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var n atomic.Int64
			var all sync.WaitGroup
			for range c.writers {
				all.Go(func() {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						m := Message{Body: body, Header: header, Received: time.Now()}
						if _, err := q.Put(b.Context(), created, superoffice.DedupKey(fmt.Sprint(i)), m); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		q, err := openQuietly(dir, limits)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		q.Close()
		b.StartTimer()
	}
}
