// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A limit is set when something waits, and stays when the next one is about the same.
func TestLimitIsSetWhenItCounts(t *testing.T) {
	t.Parallel()
	began := time.Now()
	var set []string
	l := limit{set: func(at time.Time) error {
		if at.IsZero() {
			set = append(set, "none")
		} else {
			set = append(set, at.Sub(began).String())
		}
		return nil
	}}
	for _, step := range []struct {
		what string
		do   func() error
		want []string
	}{
		{"nothing waits", func() error { return l.want(began.Add(time.Minute)) }, nil},
		{"something does", l.begin, []string{"1m1s"}},
		{"it is told to end", func() error { return l.want(began.Add(-time.Hour)) }, []string{"-1h0m0s"}},
		{"it ended", l.ended, nil},
		{"none is wanted", func() error { return l.want(time.Time{}) }, nil},
		{"something waits without one", l.begin, []string{"none"}},
		{"it ended", l.ended, nil},
		{"nor does the next", l.begin, nil},
		{"it ended", l.ended, nil},
		{"one is wanted again", func() error { return l.want(began.Add(time.Minute)) }, nil},
		{"something waits", l.begin, []string{"1m1s"}},
		{"it ended", l.ended, nil},
		{"a little later", func() error { return l.want(began.Add(time.Minute + slack)) }, nil},
		{"something waits", l.begin, nil},
		{"it ended", l.ended, nil},
		{"much later", func() error { return l.want(began.Add(2 * time.Minute)) }, nil},
		{"something waits", l.begin, []string{"2m1s"}},
		{"it ended", l.ended, nil},
		{"earlier", func() error { return l.want(began.Add(5 * time.Second)) }, nil},
		{"something waits", l.begin, []string{"6s"}},
	} {
		set = nil
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, set); diff != "" {
			t.Errorf("%s (-want +set)\n%s", step.what, diff)
		}
	}
}

func (l *limit) ended() error {
	l.end()
	return nil
}

// The first read of one byte is that of the watch, any other one means it.
func TestConnectionIsNotWatched(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	c := newConnection(ours)
	go func() {
		_, _ = theirs.Write([]byte("abcdef"))
		_ = theirs.Close()
	}()
	var got []string
	for _, size := range []int{1, 1, 1, 2, 1, 4} {
		p := make([]byte, size)
		n, err := c.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(p[:n]))
	}
	if diff := cmp.Diff([]string{"", "a", "", "bc", "", "def"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
