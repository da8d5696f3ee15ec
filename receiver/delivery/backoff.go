// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math/rand/v2"
	"time"
)

// ceiling is the longest pause after an attempt, the first being 1: initial, doubled with each further one, at most limit.
func ceiling(attempt int, initial, limit time.Duration) time.Duration {
	pause := initial
	for range attempt - 1 {
		if pause >= limit/2 {
			return limit
		}
		pause *= 2
	}
	return min(pause, limit)
}

// pause draws the time until the next attempt: anywhere up to the ceiling ("full jitter", see
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and not before the sink wants it.
func pause(attempt int, initial, limit, wanted time.Duration) time.Duration {
	drawn := time.Duration(rand.Int64N(int64(ceiling(attempt, initial, limit)) + 1)) // #nosec G404 -- spreads load, guards nothing
	return max(drawn, wanted)
}
