// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"errors"
	"net"
	"testing"
)

func TestDialer(t *testing.T) {
	t.Parallel()
	guarded := Dialer(net.Dialer{}, false)
	for _, address := range []string{
		"169.254.169.254:80", "[fe80::1%lo]:80", "[::ffff:169.254.169.254]:80", "[fd00:ec2::254]:80", "100.100.100.200:80", "[ff02::1]:80",
	} {
		conn, err := guarded.DialContext(t.Context(), "tcp", address)
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			conn.Close()
		}
	}
	for _, address := range []string{"127.0.0.1:80", "10.0.0.1:80", "[fd00::1]:80", "192.0.2.1:443"} {
		if err := guarded.ControlContext(t.Context(), "tcp", address, nil); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if Dialer(net.Dialer{}, true).ControlContext != nil {
		t.Error("what is allowed is refused")
	}
}
