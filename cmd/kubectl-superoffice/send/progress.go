// SPDX-License-Identifier: Apache-2.0

package send

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// patience is how long a person waits before wondering.
const patience = time.Second

// progress is a bar that appears only when a run lasts.
type progress struct {
	w     io.Writer
	total int
	done  int
	start time.Time
	bar   *progressbar.ProgressBar
}

func newProgress(w io.Writer, total int) *progress {
	return &progress{w: w, total: total, start: time.Now()}
}

// add counts one event as done.
func (p *progress) add() {
	p.done++
	if p.bar == nil && time.Since(p.start) > patience && p.done < p.total {
		p.bar = progressbar.NewOptions(p.total,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetDescription("posting"),
			progressbar.OptionFullWidth(),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("events"),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	if p.bar != nil {
		_ = p.bar.Set(p.done) // what cannot be drawn is no reason to stop posting
	}
}

// close removes the bar.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
