// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"strings"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// names are what the streams and their subjects are called. Where other queues have theirs beside them, all of them begin
// with a prefix.
type names struct {
	events, dead string // streams

	event, replay, letter string // how subjects begin; names of events, names of sinks and the two below follow
	letterSink            string // how those of dead letters of sinks begin
	letterIntake          string // the one of dead letters of intake
}

func newNames(prefix string) names {
	n := names{events: "EVENTS", dead: "DEAD"}
	if prefix != "" {
		n.events, n.dead, prefix = prefix+"-events", prefix+"-dead", prefix+"."
	}
	n.event, n.replay, n.letter = prefix+"event.", prefix+"replay.", prefix+"dead."
	n.letterSink, n.letterIntake = n.letter+"sink.", n.letter+"intake"
	return n
}

// wanted is what a sink gets to see: the events that it wants, and what is replayed for it alone.
func (n names) wanted(sink config.Sink, events []string) []string {
	if len(sink.Events) > 0 {
		events = sink.Events
	}
	subjects := make([]string, 0, len(events)+1)
	for _, e := range events {
		subjects = append(subjects, n.event+e)
	}
	return append(subjects, n.replay+sink.Name)
}

// letterOf is the subject of a sink's dead letters, or of intake's for the empty name.
func (n names) letterOf(sink string) string {
	if sink == "" {
		return n.letterIntake
	}
	return n.letterSink + sink
}

// sinkOf is the reverse of letterOf.
func (n names) sinkOf(letter string) string {
	if letter == n.letterIntake {
		return ""
	}
	sink, _ := strings.CutPrefix(letter, n.letterSink)
	return sink
}
