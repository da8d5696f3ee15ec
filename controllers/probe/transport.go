// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"crypto/tls"
	"net"
	"net/http"
)

// NewTransport makes a transport for Post. It trusts the authorities that the system trusts, goes through the proxy that the
// environment names, and keeps no connection: each attempt begins as SuperOffice's would.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: Timeout, ControlContext: control}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}
