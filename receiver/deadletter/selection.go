// SPDX-License-Identifier: Apache-2.0

package deadletter

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parameters that select, on the admin port.
const (
	ParameterSink    = "sink"
	ParameterEvent   = "event"
	ParameterEventID = "eventId"
	ParameterSince   = "since"
	ParameterUntil   = "until"
	ParameterID      = "id"
)

// NoSink selects, in place of a sink's name, the requests that held no event and so were for no sink.
const NoSink = "-"

// Selection says which dead letters are meant: those that meet all that is given. The zero value means every one.
type Selection struct {
	Sink    string // or NoSink
	Event   string // name of the event, like "activity.created"
	EventID string // in upper or lower case
	// Died at Since or later, and before Until.
	Since, Until time.Time
	// IDs, any of them.
	IDs []uint64
}

// Everything tells whether nothing is excluded.
func (s Selection) Everything() bool {
	return s.Sink == "" && s.Event == "" && s.EventID == "" && s.Since.IsZero() && s.Until.IsZero() && len(s.IDs) == 0
}

// Matches tells whether a letter is meant.
func (s Selection) Matches(l Letter) bool {
	sink := l.Sink
	if sink == "" {
		sink = NoSink
	}
	return (s.Sink == "" || s.Sink == sink) &&
		(s.Event == "" || s.Event == l.Event) &&
		(s.EventID == "" || strings.EqualFold(s.EventID, l.EventID)) &&
		!l.Died.Before(s.Since) &&
		(s.Until.IsZero() || l.Died.Before(s.Until)) &&
		(len(s.IDs) == 0 || slices.Contains(s.IDs, l.ID))
}

// Values are the parameters that say the same.
func (s Selection) Values() url.Values {
	v := url.Values{}
	for name, text := range map[string]string{ParameterSink: s.Sink, ParameterEvent: s.Event, ParameterEventID: s.EventID} {
		if text != "" {
			v.Set(name, text)
		}
	}
	for name, t := range map[string]time.Time{ParameterSince: s.Since, ParameterUntil: s.Until} {
		if !t.IsZero() {
			v.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	for _, id := range s.IDs {
		v.Add(ParameterID, strconv.FormatUint(id, 10))
	}
	return v
}

// ParseTime reads a point in time as people give it: a time of RFC 3339, or for how long it has passed.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf(`%q is neither a time like 2026-02-03T04:05:06Z nor how long ago that was, like 2h30m`, text)
}
