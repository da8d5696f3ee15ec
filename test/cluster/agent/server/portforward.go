// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
)

const (
	// forwardIdle ends a port-forward that nobody uses, as kubelet does.
	forwardIdle = 4 * time.Hour
	// forwardStreamCreation is how long the two streams of a connection may take to arrive.
	forwardStreamCreation = 30 * time.Second
)

func (s *Server) portForward(w http.ResponseWriter, r *http.Request) {
	namespace, pod := r.PathValue("namespace"), r.PathValue("pod")
	address, err := s.pods.Address(namespace, pod)
	if err != nil {
		refuse(w, err)
		return
	}
	options, err := portforward.NewV4Options(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.serving.Add(1)
	defer s.serving.Done()
	// The library takes the connection over; from then on the server does not know it any more and cannot close it.
	connection := r.Context().Value(connectionKey{}).(net.Conn)
	defer context.AfterFunc(s.ctx, func() { _ = connection.Close() })()
	portforward.ServePortForward(w, r, forwarder{ctx: s.ctx, address: address}, pod, "", options,
		forwardIdle, forwardStreamCreation, []string{portforward.ProtocolV1Name})
}

// forwarder connects streams with ports of one pod. It carries the server's context because the library's own does
// not end when the server stops.
type forwarder struct {
	ctx     context.Context
	address string
}

// PortForward copies both ways until both are done, or the server stops.
func (f forwarder) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	defer func() { _ = stream.Close() }()
	target := net.JoinHostPort(f.address, strconv.Itoa(int(port)))
	connection, err := new(net.Dialer).DialContext(f.ctx, "tcp", target)
	if err != nil {
		return fmt.Errorf("forward to pod: %w", err)
	}
	stop := context.AfterFunc(f.ctx, func() {
		_ = connection.Close()
		_ = stream.Close()
	})
	defer stop()
	defer func() { _ = connection.Close() }()

	var answer sync.WaitGroup
	answer.Go(func() {
		_, _ = io.Copy(stream, connection)
		_ = stream.Close() // tells the reader that nothing more comes
	})
	_, _ = io.Copy(connection, stream)
	_ = connection.(*net.TCPConn).CloseWrite() // the pod may still have something to say
	answer.Wait()
	return nil
}
