// SPDX-License-Identifier: Apache-2.0

// Package guard keeps connections away from where a machine tells its own secrets: link-local addresses, and the metadata
// services of clouds. Whoever may say where events go could otherwise have them sent there, and read in the answer what
// only the machine is to know. It judges addresses after names were resolved, so that no name leads around it.
package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// metadataAddresses are where clouds tell a machine its credentials, besides the link-local 169.254.169.254.
var metadataAddresses = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS, over IPv6
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
}

// ErrRefused: the address is one of those that are kept away from.
var ErrRefused = errors.New("refused to connect to a link-local or metadata address: " +
	"behind it are the machine's own services, such as its cloud's credentials")

// Dialer returns a dialer with the settings of another that refuses such addresses, unless they are allowed.
func Dialer(settings net.Dialer, allowed bool) *net.Dialer {
	if !allowed {
		settings.ControlContext = refuse
	}
	return &settings
}

// refuse is a net.Dialer's ControlContext.
func refuse(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read the address to connect to: %w", err)
	}
	ip := target.Addr().Unmap().WithZone("")
	if ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || slices.Contains(metadataAddresses, ip) {
		return ErrRefused
	}
	return nil
}
