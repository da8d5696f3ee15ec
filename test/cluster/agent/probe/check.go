// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ErrUnsupported is what a probe of a kind that a node of local processes does not know gives.
var ErrUnsupported = errors.New("only httpGet and tcpSocket are supported by a node of local processes")

// Check returns nil if the container passes.
type Check func(context.Context) error

// NewCheck returns the check that a probe, or a lifecycle hook, describes for a container of a pod at an address.
func NewCheck(http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction, c *corev1.Container, podIP string) (Check, error) {
	switch {
	case http != nil:
		return httpCheck(http, c, podIP)
	case tcp != nil:
		return tcpCheck(tcp, c, podIP)
	default:
		return nil, ErrUnsupported
	}
}

func tcpCheck(action *corev1.TCPSocketAction, c *corev1.Container, podIP string) (Check, error) {
	address, err := address(action.Host, action.Port, c, podIP)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return connection.Close()
	}, nil
}

func httpCheck(action *corev1.HTTPGetAction, c *corev1.Container, podIP string) (Check, error) {
	address, err := address(action.Host, action.Port, c, podIP)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(action.Path)
	if err != nil {
		return nil, fmt.Errorf("path of probe: %w", err)
	}
	target.Scheme, target.Host = strings.ToLower(string(action.Scheme)), address
	if target.Scheme == "" {
		target.Scheme = "http"
	}
	if !strings.HasPrefix(target.Path, "/") {
		target.Path = "/" + target.Path
	}
	return func(ctx context.Context) error { return get(ctx, target.String(), action.HTTPHeaders) }, nil
}

func get(ctx context.Context, target string, headers []corev1.HTTPHeader) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "kube-probe/1.37")
	request.Header.Set("Accept", "*/*")
	for _, h := range headers {
		request.Header.Set(h.Name, h.Value)
		if strings.EqualFold(h.Name, "Host") {
			request.Host = h.Value
		}
	}
	// As with kubelet: a connection of its own for each probe, and any certificate will do.
	client := http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // #nosec G402
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("HTTP probe failed with statuscode: %d", response.StatusCode)
	}
	return nil
}

func address(host string, port intstr.IntOrString, c *corev1.Container, podIP string) (string, error) {
	if host == "" {
		host = podIP
	}
	number, err := portNumber(port, c)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.Itoa(number)), nil
}

func portNumber(port intstr.IntOrString, c *corev1.Container) (int, error) {
	if port.Type == intstr.Int {
		return port.IntValue(), nil
	}
	for _, p := range c.Ports {
		if p.Name == port.StrVal {
			return int(p.ContainerPort), nil
		}
	}
	return 0, fmt.Errorf("container %q has no port named %q", c.Name, port.StrVal)
}
