// SPDX-License-Identifier: Apache-2.0

package queue

import "time"

// setBackAtLeast is what counts as a clock that was set back; a time service that corrects it does so by less, or slowly.
const setBackAtLeast = 2 * time.Second

// clockwatch sees when somebody sets the wall clock, which the monotonic clock does not follow.
type clockwatch struct{ last time.Time }

// setBack tells by how much the clock was set back since the last look.
func (c *clockwatch) setBack(now time.Time) time.Duration {
	last := c.last
	c.last = now
	return now.Sub(last) - now.Round(0).Sub(last.Round(0)) // the first by the monotonic clock, the second by the wall clock
}

// watchClock asks the engine for all pauses anew when the clock was set back. The engine remembers until when, by the wall clock,
// and would make them longer by as much.
func (q *Queue) watchClock(c *clockwatch, now time.Time) {
	back := c.setBack(now)
	if back < setBackAtLeast {
		return
	}
	n := 0
	for _, cursor := range q.ourCursors() {
		for _, p := range cursor.out.postponed() {
			if q.js.Conn().Publish(p.reply, postpone(time.Until(p.until))) == nil {
				n++
			}
		}
	}
	q.log.Info("the clock was set back; pauses of what waits for another attempt are as long as they were", "by", back.Round(time.Second).String(), "pauses", n)
}
