// SPDX-License-Identifier: Apache-2.0

package receiver

import "testing"

func TestBind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, host, want string }{
		{":8080", "", ":8080"},
		{"127.0.0.1:8080", "", "127.0.0.1:8080"},
		{":8080", "127.10.0.1", "127.10.0.1:8080"},
		{"0.0.0.0:8080", "127.10.0.1", "127.10.0.1:8080"},
		{"[::]:8080", "127.10.0.1", "127.10.0.1:8080"},
		{":8080", "::1", "[::1]:8080"},
		{"localhost:0", "127.10.0.1", "127.10.0.1:0"},
	} {
		if got := bind(c.address, c.host); got != c.want {
			t.Errorf("bind(%q, %q) = %q, want %q", c.address, c.host, got, c.want)
		}
	}
}
