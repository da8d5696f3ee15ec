// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"crypto/tls"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// maxStreams is how many requests there are at a time on one connection of HTTP/2, the least that RFC 9113 recommends.
	// All connections together have as many as there may be connections of HTTP/1.1, see Limit.
	maxStreams = 100
	// maxStreamBuffer is how much of a body is taken on HTTP/2 before it is read. An event has some KiB.
	maxStreamBuffer = 64 << 10
)

// Certificate is what a server shows to those who connect. It can be replaced while connections are served: they go on,
// and new ones get the new one.
type Certificate struct {
	pair atomic.Pointer[tls.Certificate]
}

// Set replaces it.
func (c *Certificate) Set(pair *tls.Certificate) { c.pair.Store(pair) }

// Expires is when it is no longer valid; zero before it was set.
func (c *Certificate) Expires() time.Time {
	if pair := c.pair.Load(); pair != nil {
		return pair.Leaf.NotAfter
	}
	return time.Time{}
}

// Encrypt has a server speak TLS, and HTTP/2 with whoever asks for it. The certificate must be set by the time the server
// serves, which it must by ServeTLS, with no files. A handshake has the time that a header has.
func Encrypt(s *http.Server, c *Certificate) {
	s.TLSConfig = &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.pair.Load(), nil },
	}
	s.Protocols.SetHTTP2(true)
	s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReceiveBufferPerStream: maxStreamBuffer}
	s.Handler = limitRequests(s.Handler, MaxConnections)
}

// limitRequests has no more than n requests handled at a time: HTTP/2 has many on one connection, so that a limit of
// connections alone does not bound what they take. The next ones wait.
func limitRequests(h http.Handler, n int) http.Handler {
	handled := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case handled <- struct{}{}:
		case <-r.Context().Done(): // it is gone
			return
		}
		defer func() { <-handled }()
		h.ServeHTTP(w, r)
	})
}
