// SPDX-License-Identifier: Apache-2.0

package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const patience = 30 * time.Second

// apiServer is the one client that the server answers.
const apiServer = "kube-apiserver-kubelet-client"

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.key, a.certificate = a.sign(t, "authority", true)
	return a
}

// sign returns a key and the certificate of it. The first one is the authority's own.
func (a *authority) sign(t *testing.T, name string, isAuthority bool) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: isAuthority, BasicConstraintsValid: isAuthority,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	parent, signer := a.certificate, a.key
	if isAuthority {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, certificate := a.sign(t, name, false)
	return tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// pods are those of the test's node.
type pods struct {
	address string
	logs    map[string]Log // by container
}

func (p pods) Address(_, pod string) (string, error) {
	if pod != "web" || p.address == "" {
		return "", fmt.Errorf("pod %s: %w", pod, ErrNotFound)
	}
	return p.address, nil
}

func (p pods) Log(namespace, pod, container string, previous bool) (Log, error) {
	if previous {
		container += " before"
	}
	log, found := p.logs[container]
	if namespace != "shop" || pod != "web" || !found {
		return Log{}, fmt.Errorf("container %s of pod %s/%s: %w", container, namespace, pod, ErrNotFound)
	}
	return log, nil
}

// node is a running server and its authority.
type node struct {
	*Server
	authority *authority
}

func start(t *testing.T, p pods) node {
	t.Helper()
	a := newAuthority(t)
	s, err := Start(p, TLS{Certificate: a.issue(t, "node"), ClientCA: a.pool(), ClientName: apiServer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return node{s, a}
}

// client shows a certificate of an authority, in a name.
func (n node) client(t *testing.T, of *authority, name string) *http.Client {
	t.Helper()
	config := &tls.Config{RootCAs: n.authority.pool()}
	if of != nil {
		config.Certificates = []tls.Certificate{of.issue(t, name)}
	}
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// request asks the server for something as the API server does.
func (n node) request(t *testing.T, c *http.Client, method, path string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, fmt.Sprintf("https://127.0.0.1:%d%s", n.Port(), path), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(r)
}

// get returns the status and the body of an answer.
func (n node) get(t *testing.T, path string) (int, string) {
	t.Helper()
	response, err := n.request(t, n.client(t, n.authority, apiServer), http.MethodGet, path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
