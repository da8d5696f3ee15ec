// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// Tunnel carries connections to a pod from a port of this machine.
type Tunnel struct {
	// Address is that port, host:port.
	Address string

	pod    Pod
	stop   context.CancelFunc
	ended  chan struct{}
	reason error // why it ended; read after ended
}

// OpenTunnel opens a tunnel to a pod through the API server; it lasts until Close. It speaks WebSocket, and SPDY with API
// servers and proxies that do not. A context that ends takes the tunnel along, and the attempt to open it.
func OpenTunnel(ctx context.Context, config *rest.Config, pod Pod) (*Tunnel, error) {
	doing := fmt.Sprintf("forward a port to pod %s/%s", pod.Namespace, pod.Name)
	var refusal error // read after the end
	dialer, err := newDialer(heeding(ctx, config), pod, &refusal)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	lasting, stop := context.WithCancel(ctx)
	ready := make(chan struct{})
	var complaints bytes.Buffer // written before ready or the end only
	forwarder, err := portforward.NewOnAddressesForStreamingWithContext(lasting, dialer, []string{"127.0.0.1"},
		[]string{fmt.Sprintf("0:%d", pod.Port)}, ready, io.Discard, &complaints)
	if err != nil {
		stop()
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	t := &Tunnel{pod: pod, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		t.reason = forwarder.ForwardPorts()
	}()
	select {
	case <-ready:
	case <-t.ended:
		stop()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", doing, context.Cause(ctx))
		}
		if apierrors.IsForbidden(refusal) {
			return nil, fmt.Errorf("%s: %w", doing, refusal)
		}
		return nil, fmt.Errorf("%s: %w", doing, errors.Join(t.reason, complaint(&complaints)))
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", doing, err), t.Close())
	}
	t.Address = fmt.Sprintf("127.0.0.1:%d", ports[0].Local)
	return t, nil
}

// URL is where a receiver takes events at the other end.
func (t *Tunnel) URL(webhook *v1alpha1.SuperOfficeWebhook) *url.URL {
	u := &url.URL{Scheme: "http", Host: t.Address, Path: Path(webhook)}
	if t.pod.TLS {
		u.Scheme = "https"
	}
	return u
}

// Admin is where a receiver tells about a resource at the other end.
func (t *Tunnel) Admin(webhook *v1alpha1.SuperOfficeWebhook) *url.URL {
	return &url.URL{Scheme: "http", Host: t.Address, Path: adminPath(webhook)}
}

// TLS is how to speak TLS through the tunnel. The certificate is not looked at: its names are others, and the API server leads
// to no other pod.
func (*Tunnel) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} // #nosec G402 -- as said
}

// Close ends the tunnel and its connections. The error tells why it had ended before, if it had.
func (t *Tunnel) Close() error {
	t.stop()
	<-t.ended
	return t.reason
}

// heeding has a context end the handshake of a tunnel: the dialers have none of their own, and once they are connected they
// wait for an answer without looking at any.
func heeding(ctx context.Context, config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			leave := func() bool { return true }
			defer func() { leave() }()
			connected := func(to httptrace.GotConnInfo) {
				leave = context.AfterFunc(ctx, func() { _ = to.Conn.Close() }) // what waits for it notices
			}
			return next.RoundTrip(request.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: connected})))
		})
	})
	return config
}

// roundTripper is a function as a round tripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// newDialer notes why the API server refused: what forwards ports makes mere text of it.
func newDialer(config *rest.Config, pod Pod, refusal *error) (httpstream.Dialer, error) {
	host, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	target := host.JoinPath("api", "v1", "namespaces", pod.Namespace, "pods", pod.Name, "portforward")
	primary, err := portforward.NewSPDYOverWebsocketDialerForStreaming(target, config)
	if err != nil {
		return nil, err
	}
	secondary, err := newSPDYDialer(config, target)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialerForStreaming(primary, secondary, func(err error) bool {
		var failure *httpstream.UpgradeFailureError
		if errors.As(err, &failure) {
			*refusal = failure.Cause
		}
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}

func newSPDYDialer(config *rest.Config, target *url.URL) (httpstream.Dialer, error) {
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	return spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, target), nil
}

func complaint(b *bytes.Buffer) error {
	if b.Len() == 0 {
		return nil
	}
	return errors.New(strings.TrimSpace(b.String()))
}
