// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// serve starts a container's server, and returns its address and the container.
func serve(t *testing.T, start func(http.Handler) *httptest.Server, h http.HandlerFunc) (ip string, port int32, c *corev1.Container) {
	t.Helper()
	server := start(h)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(address.Port())
	if err != nil {
		t.Fatal(err)
	}
	port = int32(number)
	return address.Hostname(), port, &corev1.Container{Name: "main", Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: port}}}
}

func check(t *testing.T, get *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction, c *corev1.Container, ip string) error {
	t.Helper()
	f, err := NewCheck(get, tcp, c, ip)
	if err != nil {
		t.Fatal(err)
	}
	return f(t.Context())
}

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		200: "", 204: "", 301: "", 302: "", 399: "", // redirects are not followed
		400: "HTTP probe failed with statuscode: 400",
		404: "HTTP probe failed with statuscode: 404",
		503: "HTTP probe failed with statuscode: 503",
	} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			ip, port, c := serve(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/healthz" {
					t.Errorf("asked for %s", r.URL)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(status)
			})
			err := check(t, &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(port)}, nil, c, ip)
			if got := text(err); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestHTTPRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start  func(http.Handler) *httptest.Server
		action corev1.HTTPGetAction
		want   string // what the server sees: method, host, path and query, and the header X-Test
	}{
		"goes to the path as written": {
			httptest.NewServer, corev1.HTTPGetAction{Path: "/ready?full=1"}, "GET ADDRESS /ready?full=1 []",
		},
		"goes to the root where no path is said": {httptest.NewServer, corev1.HTTPGetAction{}, "GET ADDRESS / []"},
		"gets a slash where the path lacks it":   {httptest.NewServer, corev1.HTTPGetAction{Path: "ready"}, "GET ADDRESS /ready []"},
		"carries the headers": {
			httptest.NewServer,
			corev1.HTTPGetAction{HTTPHeaders: []corev1.HTTPHeader{{Name: "X-Test", Value: "yes"}, {Name: "Host", Value: "shop.example"}}},
			"GET shop.example / [yes]",
		},
		"takes any certificate": {
			httptest.NewTLSServer, corev1.HTTPGetAction{Scheme: corev1.URISchemeHTTPS, Path: "/tls"}, "GET ADDRESS /tls []",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make(chan string, 1)
			ip, port, container := serve(t, c.start, func(_ http.ResponseWriter, r *http.Request) {
				host := r.Host
				if host == r.Context().Value(http.LocalAddrContextKey).(net.Addr).String() {
					host = "ADDRESS"
				}
				got <- r.Method + " " + host + " " + r.URL.RequestURI() + " [" + r.Header.Get("X-Test") + "]"
			})
			for _, p := range []intstr.IntOrString{intstr.FromInt32(port), intstr.FromString("web")} {
				action := c.action
				action.Port = p
				if err := check(t, &action, nil, container, ip); err != nil {
					t.Fatal(err)
				}
				if saw := <-got; saw != c.want {
					t.Errorf("port %s: the server saw %q, want %q", p.String(), saw, c.want)
				}
			}
		})
	}
	t.Run("goes to the host that is named rather than the pod", func(t *testing.T) {
		t.Parallel()
		ip, port, c := serve(t, httptest.NewServer, func(http.ResponseWriter, *http.Request) {})
		const nobody = "127.255.255.254"
		if err := check(t, &corev1.HTTPGetAction{Host: ip, Port: intstr.FromInt32(port)}, nil, c, nobody); err != nil {
			t.Error(err)
		}
		if err := check(t, nil, &corev1.TCPSocketAction{Host: ip, Port: intstr.FromInt32(port)}, c, nobody); err != nil {
			t.Error(err)
		}
	})
}

func TestChecksGiveUpWithTheirContext(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}), make(chan struct{})
	ip, port, c := serve(t, httptest.NewServer, func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-release
	})
	defer close(release)
	f, err := NewCheck(&corev1.HTTPGetAction{Port: intstr.FromInt32(port)}, nil, c, ip)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		<-asked
		cancel()
	}()
	if err := f(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTCPCheck(t *testing.T) {
	t.Parallel()
	ip, port, c := serve(t, httptest.NewServer, func(http.ResponseWriter, *http.Request) {})
	for _, p := range []intstr.IntOrString{intstr.FromInt32(port), intstr.FromString("web")} {
		if err := check(t, nil, &corev1.TCPSocketAction{Port: p}, c, ip); err != nil {
			t.Errorf("port %s: %v", p.String(), err)
		}
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().(*net.TCPAddr).Port
	closed.Close()
	if err := check(t, nil, &corev1.TCPSocketAction{Port: intstr.FromInt(nobody)}, c, ip); err == nil {
		t.Error("passed where nobody listens")
	}
}

func TestNewCheckRefuses(t *testing.T) {
	t.Parallel()
	container := &corev1.Container{Name: "main"}
	for name, c := range map[string]struct {
		get  *corev1.HTTPGetAction
		tcp  *corev1.TCPSocketAction
		want string
	}{
		"a probe of another kind":                 {nil, nil, ErrUnsupported.Error()},
		"an HTTP port that the container lacks":   {&corev1.HTTPGetAction{Port: intstr.FromString("web")}, nil, `container "main" has no port named "web"`},
		"a TCP port that the container lacks":     {nil, &corev1.TCPSocketAction{Port: intstr.FromString("web")}, `container "main" has no port named "web"`},
		"a path that cannot be part of a request": {&corev1.HTTPGetAction{Path: "/%zz", Port: intstr.FromInt(80)}, nil, "path of probe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewCheck(c.get, c.tcp, container, "127.0.0.1")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
