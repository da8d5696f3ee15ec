// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math/rand/v2"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
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

// pause is the time until the next attempt: a share from 0 to 1 of the ceiling ("full jitter", see
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and not before the sink wants it.
func pause(ceiling, wanted time.Duration, share float64) time.Duration {
	return max(time.Duration(share*float64(ceiling)), wanted)
}

// again decides when an event that failed is tried again, if at all, by the number of attempts that were made, its age
// and the pause that the sink asked for. The last attempt is made when the event reaches its maximum age.
func again(limits config.Delivery, attempt int, age, wanted time.Duration) (wait time.Duration, ok bool) {
	left := limits.MaxAge.Std() - age
	if limits.MaxAttempts > 0 && attempt >= limits.MaxAttempts {
		return 0, false
	}
	if left <= 0 || wanted > left {
		return 0, false
	}
	most := ceiling(attempt, limits.InitialBackoff.Std(), limits.MaxBackoff.Std())
	return min(pause(most, wanted, rand.Float64()), left), true // #nosec G404 -- spreads load, guards nothing
}
