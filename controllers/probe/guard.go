// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"errors"
	"net/netip"

	"github.com/superoffice-webhook/operator/receiver/guard"
)

var errGuarded = errors.New("refused to connect to an address of the machine's own or its cloud's")

// control judges an address after names were resolved, so that no name leads around it. Private addresses are let through:
// inside of a cluster, public names often have one.
var control = guard.Control(isOwn, errGuarded)

func isOwn(ip netip.Addr) bool {
	return ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast()
}
