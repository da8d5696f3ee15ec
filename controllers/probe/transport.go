// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
)

// NewTransport makes a transport for Post. It trusts the authorities that the system trusts, goes through the proxy that the
// environment names, and keeps no connection: each attempt begins as SuperOffice's would.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: Timeout, ControlContext: guard}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// metadataAddresses are where clouds tell a machine its credentials, besides the link-local 169.254.169.254.
var metadataAddresses = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS, over IPv6
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
}

var errGuarded = errors.New("refused to connect to an address of the machine's own or its cloud's")

// guard judges an address after names were resolved, so that no name leads around it. Private addresses are let through:
// inside of a cluster, public names often have one.
func guard(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read the address to connect to: %w", err)
	}
	ip := target.Addr().Unmap().WithZone("")
	if ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || slices.Contains(metadataAddresses, ip) {
		return errGuarded
	}
	return nil
}
