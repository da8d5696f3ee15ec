// SPDX-License-Identifier: Apache-2.0

package deadletter

import (
	"net/http"
	"time"
)

// Letter is a dead letter as JSON. The body stands in one of its two forms, and only where one letter was asked for.
type Letter struct {
	// ID identifies the letter in its receiver's queue; younger ones have higher ids.
	ID uint64 `json:"id"`
	// Sink that it was for; empty when the request held no event.
	Sink string `json:"sink,omitempty"`
	// Event and EventID are those of the body.
	Event    string `json:"event,omitempty"`
	EventID  string `json:"eventId,omitempty"`
	Reason   string `json:"reason"`
	Answer   string `json:"answer,omitempty"`
	Attempts int    `json:"attempts"`
	// Received is when SuperOffice sent it, Died when the attempts to deliver it ended.
	Received time.Time `json:"received"`
	Died     time.Time `json:"died"`
	Bytes    int       `json:"bytes"`

	Header     http.Header `json:"header,omitempty"`
	BodyText   string      `json:"bodyText,omitempty"`
	BodyBase64 []byte      `json:"bodyBase64,omitempty"`
}

// Body returns the body byte for byte, in whichever form it stands.
func (l *Letter) Body() []byte {
	if l.BodyBase64 != nil {
		return l.BodyBase64
	}
	return []byte(l.BodyText)
}

// Replayed is what became of a replay; with DryRun, what would become of it.
type Replayed struct {
	DryRun bool `json:"dryRun,omitempty"`
	// Selected counts the letters that were selected, Replayed those that were sent to their sinks again.
	Selected int `json:"selected"`
	Replayed int `json:"replayed"`
	// NotReplayable counts those that stay as they are, by the reason why.
	NotReplayable map[string]int `json:"notReplayable,omitempty"`
	// IDs are those that a dry run would replay.
	IDs []uint64 `json:"ids,omitempty"`
}

// Failure is the answer to what was not done, or not to its end.
type Failure struct {
	Error string `json:"error"`
	// Done counts the letters that were replayed or purged before.
	Done int `json:"done,omitempty"`
}

// Purged is what became of a purge; with DryRun, what would become of it.
type Purged struct {
	DryRun bool `json:"dryRun,omitempty"`
	// Selected counts the letters that were selected, Purged those that were removed for good.
	Selected int `json:"selected"`
	Purged   int `json:"purged"`
	// IDs are those that a dry run would purge.
	IDs []uint64 `json:"ids,omitempty"`
}
