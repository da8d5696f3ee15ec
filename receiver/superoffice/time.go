// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"errors"
	"fmt"
	"time"
)

// Time is a date as SuperOffice sends it. Its documentation and samples mix four forms: UTC with up to seven digits of a
// second, an offset of the server's zone, no zone at all, and .NET's DateTime.MinValue for "not set".
type Time struct {
	// Time is the date; the zero time when it is not set.
	Time time.Time
	// Local tells that it was sent without a zone. Time then holds its digits in UTC, and what they mean is in the
	// base time zone of the tenant (https://docs.superoffice.com/en/api/web-services/so-timezone.html).
	Local bool
}

// IsSet tells whether there is a date: SuperOffice sends 0001-01-01T00:00:00 where there is none.
func (t Time) IsSet() bool { return !t.Time.IsZero() }

var errNotDate = errors.New("not a date")

// ParseTime reads a date in any of SuperOffice's forms.
func ParseTime(s string) (Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		if t.Year() == 1 && t.YearDay() == 1 && t.Hour() == 0 { // not set, whatever the zone it was put into
			return Time{}, nil
		}
		return Time{Time: t}, nil
	}
	t, err := time.Parse("2006-01-02T15:04:05.999999999", s)
	if err != nil {
		return Time{}, fmt.Errorf("%w: %d characters", errNotDate, len(s))
	}
	return Time{Time: t, Local: !t.IsZero()}, nil
}
