// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNormal(t *testing.T) {
	t.Parallel()
	const printed = "NAME                                                 READY   UP       CONFIG\n" +
		"crm-receiver-6f5d4-abcde   yes   2d2h   0123abcd   -\n" +
		"04:15:06.123  done in 12.34ms\n"
	const want = "NAME                            READY   UP   CONFIG\n" +
		"crm-receiver-7d9c5b8f64-x2x8k   yes     5s   4f2a9c1e   -\n" +
		"04:05:06.789  done in 3ms\n"
	if diff := cmp.Diff(want, Align(Normal(printed))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
