// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// closeGrace is how long requests under way, such as logs that are followed, may take to notice the end.
const closeGrace = 5 * time.Second

// ErrNotFound is what Pods return for a pod or container that they do not know.
var ErrNotFound = errors.New("not found on this node")

// Pods is what the server needs to know about the pods of its node. Its methods are called from several goroutines.
type Pods interface {
	// Address returns the address of a pod.
	Address(namespace, pod string) (string, error)
	// Log returns the log of a container, the one before the last restart if previous is set.
	Log(namespace, pod, container string, previous bool) (Log, error)
}

// Log is the log of one run of a container.
type Log struct {
	// Path is that of its file.
	Path string
	// Ended is closed once nothing more will be written to it.
	Ended <-chan struct{}
}

// TLS says who the server is and whom it answers.
type TLS struct {
	Certificate tls.Certificate
	// ClientCA signs, and ClientName names, the one client that is answered.
	ClientCA   *x509.CertPool
	ClientName string
}

// Server is a running server.
type Server struct {
	pods     Pods
	client   string
	http     *http.Server
	listener net.Listener
	serving  sync.WaitGroup
	ctx      context.Context // ends with the server, and all requests with it
	cancel   context.CancelFunc
}

// connectionKey finds the connection in the context of a request.
type connectionKey struct{}

// Start serves on a free port of 127.0.0.1.
func Start(pods Pods, t TLS) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the API server: %w", err)
	}
	s := &Server{pods: pods, client: t.ClientName, listener: listener}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler:           s.authenticate(s.routes()),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return s.ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, c)
		},
		TLSConfig: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{t.Certificate},
			ClientCAs:    t.ClientCA,
			ClientAuth:   tls.RequireAndVerifyClientCert,
		},
		// Port forwarding takes the connection over, which HTTP/2 does not allow.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	s.serving.Go(func() { _ = s.http.ServeTLS(listener, "", "") }) // it ends with Stop
	return s, nil
}

// Port is the port on which the server answers.
func (s *Server) Port() int32 {
	return int32(s.listener.Addr().(*net.TCPAddr).Port) // #nosec G115 -- a port
}

// Stop ends the requests under way and returns when they have ended.
func (s *Server) Stop() {
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	s.serving.Wait()
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", s.containerLogs)
	mux.HandleFunc("/portForward/{namespace}/{pod}", s.portForward)
	for _, verb := range []string{"exec", "attach", "run"} {
		mux.HandleFunc("/"+verb+"/", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, verb+" is not offered: this node runs containers as processes of the local machine", http.StatusNotImplemented)
		})
	}
	return mux
}

func (s *Server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := r.TLS.PeerCertificates[0].Subject.CommonName; name != s.client {
			http.Error(w, "only "+s.client+" is answered here", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if errors.Is(err, ErrNotFound) {
		status = http.StatusNotFound
	}
	http.Error(w, err.Error(), status)
}
