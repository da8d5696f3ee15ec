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

// metadataAddresses are where clouds tell a machine its credentials, or what it is to do, besides link-local addresses such as
// 169.254.169.254.
var metadataAddresses = []netip.Prefix{
	// AWS: the metadata are at fd00:ec2::254, EKS Pod Identity is at fd00:ec2::23, and there is more beside them
	// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html,
	// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html).
	netip.MustParsePrefix("fd00:ec2::/32"),
	// Google Cloud: fd20:ce::254 (https://cloud.google.com/compute/docs/metadata/querying-metadata).
	netip.MustParsePrefix("fd20:ce::/32"),
	// Azure: the WireServer (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
	netip.MustParsePrefix("168.63.129.16/32"),
	// Oracle Cloud (https://docs.oracle.com/iaas/Content/Compute/Tasks/gettingmetadata.htm), and its predecessor, Classic.
	netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"),
	netip.MustParsePrefix("192.0.0.192/32"),
	// Alibaba Cloud (https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata).
	netip.MustParsePrefix("100.100.100.200/32"),
	netip.MustParsePrefix("fd00:100::100:200/128"),
	// Akamai (https://techdocs.akamai.com/cloud-computing/docs/metadata-service-api).
	netip.MustParsePrefix("fd00:a9fe:a9fe::1/128"),
	// Scaleway (https://www.scaleway.com/en/developers/api/instances/).
	netip.MustParsePrefix("fd00:42::42/128"),
}

// embeddings are IPv6 addresses that hold an IPv4 address, and which bytes of them it is. Where there is somebody to translate
// them, they lead to it.
var embeddings = []struct {
	prefix netip.Prefix
	at     [4]int
}{
	{netip.MustParsePrefix("::/96"), [4]int{12, 13, 14, 15}},        // IPv4-compatible, RFC 4291 §2.5.5.1
	{netip.MustParsePrefix("64:ff9b::/96"), [4]int{12, 13, 14, 15}}, // NAT64, RFC 6052 §2.1
	// NAT64 by a prefix of one's own (RFC 8215), of each length that RFC 6052 §2.2 knows and that fits in: 48, 56, 64 and 96.
	{netip.MustParsePrefix("64:ff9b:1::/48"), [4]int{6, 7, 9, 10}},
	{netip.MustParsePrefix("64:ff9b:1::/48"), [4]int{7, 9, 10, 11}},
	{netip.MustParsePrefix("64:ff9b:1::/48"), [4]int{9, 10, 11, 12}},
	{netip.MustParsePrefix("64:ff9b:1::/48"), [4]int{12, 13, 14, 15}},
	{netip.MustParsePrefix("2002::/16"), [4]int{2, 3, 4, 5}}, // 6to4, RFC 3056 §2
}

// ErrRefused: the address is one of those that are kept away from.
var ErrRefused = errors.New("refused to connect to a link-local or metadata address: " +
	"behind it are the machine's own services, such as its cloud's credentials")

// Dialer returns a dialer with the settings of another that refuses such addresses, unless they are allowed.
func Dialer(settings net.Dialer, allowed bool) *net.Dialer {
	if !allowed {
		settings.ControlContext = Control(isLinkLocal, ErrRefused)
	}
	return &settings
}

// Control returns a net.Dialer's ControlContext that fails with an error for addresses of metadata services, for those that
// refused tells of, and for what embeds one.
func Control(refused func(netip.Addr) bool, err error) func(ctx context.Context, network, address string, _ syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		target, wrong := netip.ParseAddrPort(address)
		if wrong != nil {
			return fmt.Errorf("read the address to connect to: %w", wrong)
		}
		if slices.ContainsFunc(meant(target.Addr()), func(ip netip.Addr) bool { return refused(ip) || isMetadata(ip) }) {
			return err
		}
		return nil
	}
}

func isLinkLocal(ip netip.Addr) bool { return ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() }

func isMetadata(ip netip.Addr) bool {
	return slices.ContainsFunc(metadataAddresses, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// meant are the addresses that a connection to one may lead to: itself, and what it embeds.
func meant(ip netip.Addr) []netip.Addr {
	ip = ip.Unmap().WithZone("")
	all := []netip.Addr{ip}
	for _, e := range embeddings {
		if e.prefix.Contains(ip) {
			bytes := ip.As16()
			all = append(all, netip.AddrFrom4([4]byte{bytes[e.at[0]], bytes[e.at[1]], bytes[e.at[2]], bytes[e.at[3]]}))
		}
	}
	return all
}
