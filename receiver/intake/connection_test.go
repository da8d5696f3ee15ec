// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
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

// Requests that come before the ones ahead of them are answered are answered in their order, and the connection serves more
// after them; so does one on which the server had nothing to watch for.
func TestRequestsMayComeAtOnce(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		runtime.Gosched() // the watch has its turn
		_, _ = w.Write(body)
	}), logr.Discard())
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.Serve(Limit(s, l, 1))
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-served
	})
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for _, bodies := range [][]string{{"one"}, {"two", "three", "four"}, {"five"}, {"six", "seven"}} {
		var raw strings.Builder
		for _, body := range bodies {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://crm.example.com/", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if err := request.Write(&raw); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := conn.Write([]byte(raw.String())); err != nil {
			t.Fatal(err)
		}
		for _, want := range bodies {
			answer, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(answer.Body)
			if err != nil || string(got) != want {
				t.Fatalf("%q is answered to %q, %v", got, want, err)
			}
		}
	}
}
