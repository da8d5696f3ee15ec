// SPDX-License-Identifier: Apache-2.0

package http

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// metadataAddresses are where clouds tell a machine its credentials, besides the link-local 169.254.169.254.
var metadataAddresses = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS, over IPv6
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
}

var errLinkLocal = errors.New("refused to connect to a link-local or metadata address: " +
	"behind it are the machine's own services, such as its cloud's credentials")

// refuseLinkLocal judges the address after names were resolved, so that no name leads around it.
func refuseLinkLocal(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read the address to connect to: %w", err)
	}
	ip := target.Addr().Unmap().WithZone("")
	if ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || slices.Contains(metadataAddresses, ip) {
		return errLinkLocal
	}
	return nil
}
