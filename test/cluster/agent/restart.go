// SPDX-License-Identifier: Apache-2.0

package agent

import "time"

const (
	// firstDelay and maximumDelay are a tenth and a thirtieth of kubelet's: those who wait here are tests.
	firstDelay   = time.Second
	maximumDelay = 10 * time.Second
	// wellAfter is how long a container has to run for its earlier ends to be forgotten.
	wellAfter = 10 * time.Second
)

// restartDelay is how long a container waits before it starts again. As with kubelet, the first restart is immediate.
func restartDelay(crashes int) time.Duration {
	if crashes == 0 {
		return 0
	}
	delay := firstDelay
	for range crashes - 1 {
		if delay *= 2; delay >= maximumDelay {
			return maximumDelay
		}
	}
	return delay
}
