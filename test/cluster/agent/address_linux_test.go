// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net"
	"strings"
	"sync"
	"testing"
)

func TestClaimAddress(t *testing.T) {
	t.Parallel()
	t.Run("never hands out one address twice", func(t *testing.T) {
		t.Parallel()
		var mu sync.Mutex
		taken := map[string]bool{}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 50 {
					c, err := claimAddress()
					if err != nil {
						t.Error(err)
						return
					}
					t.Cleanup(c.release)
					mu.Lock()
					if taken[c.ip] {
						t.Errorf("%s is taken", c.ip)
					}
					taken[c.ip] = true
					mu.Unlock()
				}
			})
		}
		all.Wait()
		for ip := range taken {
			last := ip[strings.LastIndexByte(ip, '.')+1:]
			if !strings.HasPrefix(ip, "127.10.") || last == "0" || last == "255" {
				t.Errorf("%s is no address for a pod", ip)
			}
		}
	})
	t.Run("holds the address against others until it is released", func(t *testing.T) {
		t.Parallel()
		c, err := claimAddress()
		if err != nil {
			t.Fatal(err)
		}
		point := net.JoinHostPort(c.ip, claimPort)
		if l, err := net.Listen("tcp", point); err == nil {
			l.Close()
			t.Error("somebody else could claim it")
		}
		c.release()
		l, err := net.Listen("tcp", point)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	})
	t.Run("leaves every other port to the pod", func(t *testing.T) {
		t.Parallel()
		for range 2 { // two pods, one port
			c, err := claimAddress()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.release)
			l, err := net.Listen("tcp", net.JoinHostPort(c.ip, "18080"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
		}
	})
	t.Run("of a pod that never had one is nothing to release", func(*testing.T) {
		var none *claim
		none.release()
	})
}
