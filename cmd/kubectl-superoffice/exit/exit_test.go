// SPDX-License-Identifier: Apache-2.0

package exit

import (
	"errors"
	"fmt"
	"testing"
)

func TestOf(t *testing.T) {
	t.Parallel()
	plain := errors.New("no")
	for name, test := range map[string]struct {
		err  error
		want Code
	}{
		"no error":                 {nil, Fine},
		"no error with a code":     {With(Usage, nil), Fine},
		"an error without a code":  {plain, Failed},
		"an error with a code":     {With(Wrong, plain), Wrong},
		"in the words of a format": {Errorf(Partial, "%d of 2", 1), Partial},
		"wrapped":                  {fmt.Errorf("look: %w", With(Usage, plain)), Usage},
		"joined":                   {errors.Join(plain, With(Wrong, plain)), Wrong},
		"the outer of two":         {With(Usage, With(Wrong, plain)), Usage},
	} {
		if got := Of(test.err); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	if !errors.Is(With(Wrong, plain), plain) {
		t.Error("the error is lost in its code")
	}
}

func TestJoined(t *testing.T) {
	t.Parallel()
	no, ill := errors.New("no"), Errorf(Wrong, "ill")
	for name, test := range map[string]struct {
		failures []error
		of       int
		want     Code
	}{
		"nothing to do":      {nil, 0, Fine},
		"all was done":       {nil, 2, Fine},
		"some was not done":  {[]error{no}, 2, Partial},
		"nothing was done":   {[]error{no, no}, 2, Failed},
		"the one was not":    {[]error{no}, 1, Failed},
		"most were not done": {[]error{no, no}, 3, Partial},
		"one is ill":         {[]error{no, ill}, 3, Wrong},
		"one of all is ill":  {[]error{With(Failed, no), ill}, 2, Wrong},
	} {
		if got := Of(Joined(test.failures, test.of)); got != test.want {
			t.Errorf("%s: code %d, want %d", name, got, test.want)
		}
	}
}
