// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
)

// claimPort is where a pod's address is claimed for as long as the pod lives: whoever else runs such a cluster on
// this machine claims there, too. It lies beyond the ports that Linux hands out.
const claimPort = "61803"

// claim is an address that no other pod on this machine has.
type claim struct {
	ip       string
	listener net.Listener
}

// claimAddress takes a free address out of 127.10.0.0/16.
func claimAddress() (*claim, error) {
	const size = 1 << 16
	start := rand.N(size)
	for i := range size {
		n := (start + i) % size
		if n%256 == 0 || n%256 == 255 {
			continue // legal, but they look like a network's own
		}
		ip := fmt.Sprintf("127.10.%d.%d", n/256, n%256)
		l, err := net.Listen("tcp", net.JoinHostPort(ip, claimPort))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("claim an address for a pod: %w", err)
		}
		return &claim{ip: ip, listener: l}, nil
	}
	return nil, errors.New("claim an address for a pod: all are taken")
}

func (c *claim) release() {
	if c != nil {
		_ = c.listener.Close()
	}
}
