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
		"169.254.169.254:80", "[fe80::1%lo]:80", "[ff02::1]:80", "[fd00:ec2::254]:80", "[fd00:ec2::23]:80", "[fd20:ce::254]:80",
		"168.63.129.16:80", "100.100.100.200:80", "[fd00:100::100:200]:80", "192.0.0.192:80", "[fd00:c1::a9fe:a9fe]:80",
		"[fd00:a9fe:a9fe::1]:80", "[fd00:42::42]:80",
		// 169.254.169.254 in other words.
		"[::ffff:169.254.169.254]:80", "[::169.254.169.254]:80", "[64:ff9b::a9fe:a9fe]:80", "[2002:a9fe:a9fe::1]:80",
		"[64:ff9b:1::a9fe:a9fe]:80", "[64:ff9b:1:0:a9:fea9:fe00:0]:80", "[64:ff9b:1:5a9:fe:a9fe::]:80", "[64:ff9b:1:a9fe:a9:fe00::]:80",
		"[64:ff9b::168.63.129.16]:80",
	} {
		conn, err := guarded.DialContext(t.Context(), "tcp", address)
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			conn.Close()
		}
	}
	for _, address := range []string{
		"127.0.0.1:80", "[::1]:80", "10.0.0.1:80", "[fd00::1]:80", "192.0.2.1:443", "192.0.0.191:80", "168.63.129.17:80",
		"[fd00:ec3::254]:80", "[fd20:cf::254]:80", "[64:ff9b::192.0.2.1]:443", "[64:ff9b:1::10.0.0.1]:443", "[2002:c000:201::1]:443",
		"[2001:db8:a9fe:a9fe::1]:443",
	} {
		if err := guarded.ControlContext(t.Context(), "tcp", address, nil); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if Dialer(net.Dialer{}, true).ControlContext != nil {
		t.Error("what is allowed is refused")
	}
}
