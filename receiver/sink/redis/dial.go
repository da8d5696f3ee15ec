// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/guard"
)

// dialer connects to a server, and ends with its sink.
type dialer struct {
	tls  *tls.Config
	to   *net.Dialer
	life context.Context // ends with close
	end  context.CancelFunc

	mu    sync.Mutex
	dials sync.WaitGroup // grows under mu, and no more once life has ended
}

func newDialer(o Options) *dialer {
	d := &dialer{tls: o.TLS, to: guard.Dialer(net.Dialer{}, o.AllowLinkLocal)}
	d.life, d.end = context.WithCancel(context.Background())
	return d
}

// dial never fails: where it does, it returns a connection that fails instead. The library counts failures to connect, and
// after some of them answers from memory and goes on by itself in the background, which nothing can wait for.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.connect(ctx, network, address)
	if err != nil {
		return failed{err: err}, nil
	}
	return conn, nil
}

func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	d.mu.Lock()
	if d.life.Err() != nil {
		d.mu.Unlock()
		return nil, net.ErrClosed
	}
	d.dials.Add(1)
	d.mu.Unlock()
	defer d.dials.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.life, cancel)()
	if d.tls != nil {
		return (&tls.Dialer{NetDialer: d.to, Config: d.tls}).DialContext(ctx, network, address)
	}
	return d.to.DialContext(ctx, network, address)
}

// close ends what is under way and waits for it.
func (d *dialer) close() {
	d.mu.Lock()
	d.end()
	d.mu.Unlock()
	d.dials.Wait()
}

// failed is a connection that could not be made.
type failed struct {
	net.Conn // no other method is called
	err      error
}

func (f failed) Read([]byte) (int, error)         { return 0, f.err }
func (f failed) Write([]byte) (int, error)        { return 0, f.err }
func (f failed) Close() error                     { return nil }
func (f failed) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (f failed) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (f failed) SetDeadline(time.Time) error      { return nil }
func (f failed) SetReadDeadline(time.Time) error  { return nil }
func (f failed) SetWriteDeadline(time.Time) error { return nil }
