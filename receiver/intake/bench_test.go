// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// BenchmarkIntake is how many events a second are stored and acknowledged, beside a server that only checks the
// signature: how much of what Go's server can do is left when every event is stored before it is answered.
func BenchmarkIntake(b *testing.B) {
	signatureOnly := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "cut off", http.StatusBadRequest)
			return
		}
		if _, err := superoffice.Verify([]superoffice.Secret{current}, body, r.Header.Get(superoffice.HeaderSignature)); err != nil {
			http.Error(w, "no", http.StatusUnauthorized)
		}
	})
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("signature only/%d connections", connections), func(b *testing.B) {
			flood(b, serve(b, signatureOnly), connections)
		})
		b.Run(fmt.Sprintf("stored/%d connections", connections), func(b *testing.B) {
			q := openQueue(b, config.Queue{
				MaxBytes: 8 << 30, MaxAge: config.Duration(time.Hour), DuplicateWindow: config.DefaultDuplicateWindow,
			})
			counts := newCounts()
			flood(b, serve(b, intake.New(q, rules(), counts, logr.Discard())), connections)
			if counts.answered[intake.Stored] != b.N {
				b.Errorf("%d of %d events were stored: %v", counts.answered[intake.Stored], b.N, counts.answered)
			}
		})
	}
}

// flood sends the sample of activity.created, each time with an EventId of its own, over connections that stay open.
func flood(b *testing.B, address string, connections int) {
	b.Helper()
	id := []byte("6aa6de53-f5c3-4dc6-af3e-746df45573b8")
	if !bytes.Contains(created, id) {
		b.Fatal("the sample has another EventId")
	}
	var all sync.WaitGroup
	var n atomic.Int64
	conns := make([]net.Conn, connections)
	for i := range conns {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		conns[i] = conn
		b.Cleanup(func() { _ = conn.Close() })
	}
	b.SetBytes(int64(len(created)))
	b.ReportAllocs()
	b.ResetTimer()
	for _, conn := range conns {
		all.Go(func() {
			from := bufio.NewReader(conn)
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				body := bytes.Replace(created, id, fmt.Appendf(nil, "%036d", i), 1)
				if _, err := conn.Write(post(body).with("Content-Type: application/json; charset=utf-8").bytes()); err != nil {
					b.Error(err)
					return
				}
				a, err := readAnswer(from, http.MethodPost)
				if err != nil || a.status != http.StatusOK {
					b.Errorf("answered %d %q, %v", a.status, a.text, err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
