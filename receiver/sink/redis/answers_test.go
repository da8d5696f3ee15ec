// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/peer"
)

const secret = "s3cr3t"

// Each of these is mended while the sink runs, and the event then arrives.
func TestWhatAnOperatorCanMendMayPass(t *testing.T) {
	t.Parallel()
	do := func(t *testing.T, b *broker, command ...any) {
		t.Helper()
		if err := b.admin.Do(t.Context(), command...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		config []string
		harm   func(*testing.T, *broker)
		mend   func(*testing.T, *broker)
		want   string
	}{
		"a replica": {
			harm: func(t *testing.T, b *broker) { do(t, b, "REPLICAOF", "127.0.0.1", "1") },
			mend: func(t *testing.T, b *broker) { do(t, b, "REPLICAOF", "NO", "ONE") },
			want: "it is a replica, and events go to the primary",
		},
		"a replica that has lost its primary": {
			config: []string{"replica-serve-stale-data no", "replica-read-only no"},
			harm:   func(t *testing.T, b *broker) { do(t, b, "REPLICAOF", "127.0.0.1", "1") },
			mend:   func(t *testing.T, b *broker) { do(t, b, "REPLICAOF", "NO", "ONE") },
			want:   "it is a replica that has lost its primary",
		},
		"a cluster that does not work": {
			config: []string{"cluster-enabled yes"},
			mend:   func(t *testing.T, b *broker) { do(t, b, "CLUSTER", "ADDSLOTSRANGE", 0, 16383) },
			want:   "it is part of a cluster that does not work, and clusters are not supported",
		},
		"no memory": {
			harm: func(_ *testing.T, b *broker) { b.set("maxmemory", "1") },
			mend: func(_ *testing.T, b *broker) { b.set("maxmemory", "0") },
			want: "its memory is used up (maxmemory)",
		},
		"no replicas": {
			harm: func(_ *testing.T, b *broker) { b.set("min-replicas-to-write", "1") },
			mend: func(_ *testing.T, b *broker) { b.set("min-replicas-to-write", "0") },
			want: "it answered: NOREPLICAS Not enough good replicas to write.",
		},
		"a key that is no stream": {
			harm: func(t *testing.T, b *broker) { do(t, b, "SET", key, "value") },
			mend: func(t *testing.T, b *broker) { do(t, b, "DEL", key) },
			want: "the stream's key holds something that is no stream: remove it, or choose another key",
		},
		"a missing permission": {
			harm: func(t *testing.T, b *broker) { do(t, b, "ACL", "SETUSER", "default", "-xadd") },
			mend: func(t *testing.T, b *broker) { do(t, b, "ACL", "SETUSER", "default", "+xadd") },
			want: "the user lacks a permission: it needs +xadd for the stream's key, and +select for a database other than 0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := serve(t, test.config...)
			s := open(t, b.address)
			if test.harm != nil {
				sinktest.Delivered(t, s, numbered(t, 0)) // so that the connection is there already
				do(t, b, "DEL", key)
				test.harm(t, b)
			}
			want := "send to Redis at " + b.address + ": " + test.want
			for _, s := range []*Sink{s, open(t, b.address)} {
				if err := sinktest.Cause(t, s, numbered(t, 1)); err.Error() != want {
					t.Errorf("it says %q, want %q", err, want)
				}
			}
			test.mend(t, b)
			sinktest.EventuallyDelivered(t, s, numbered(t, 1))
		})
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	b := serve(t, "requirepass "+secret, "user receiver on >"+secret+"2 ~"+key+" resetchannels +xadd +select")
	as := func(user, password string, database int) *Sink {
		return open(t, b.address, func(o *Options) { o.User, o.Password, o.Database = user, password, database })
	}
	for name, test := range map[string]struct {
		sink *Sink
		want string
	}{
		"none":                         {as("", "", 0), "it wants a password"},
		"another of the default user":  {as("", secret+"3", 0), "it refused the user or the password"},
		"another":                      {as("receiver", secret, 0), "it refused the user or the password"},
		"of nobody":                    {as("nobody", secret, 0), "it refused the user or the password"},
		"of a user for another stream": {open(t, b.address, func(o *Options) { o.User, o.Password, o.Stream = "receiver", secret+"2", "x" }), "the user lacks a permission"},
	} {
		t.Run(name, func(t *testing.T) {
			err := sinktest.Cause(t, test.sink, sample(t))
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("it says %q, want %q", err, test.want)
			}
		})
	}
	sinktest.Delivered(t, as("", secret, 0), sample(t))
	sinktest.Delivered(t, as("receiver", secret+"2", 0), sample(t))
	sinktest.Delivered(t, as("receiver", secret+"2", 1), sample(t))
}

// fake is a server that answers each line that begins an argument list with an error, given what it was sent.
func fake(t *testing.T, answer func(sent string) string) string {
	t.Helper()
	return peer.Serve(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			var count int
			if _, err := fmt.Fscanf(in, "*%d\r\n", &count); err != nil {
				return
			}
			var arguments []string
			for range count {
				var size int
				if _, err := fmt.Fscanf(in, "$%d\r\n", &size); err != nil {
					return
				}
				argument := make([]byte, size+2)
				if _, err := io.ReadFull(in, argument); err != nil {
					return
				}
				arguments = append(arguments, string(argument[:size]))
			}
			fmt.Fprintf(conn, "-%s\r\n", answer(strings.Join(arguments, " ")))
		}
	})
}

// What takes long to bring about for real.
func TestOtherAnswersMayPass(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"LOADING Redis is loading the dataset in memory": "it is still loading its data",
		"MOVED 866 192.0.2.1:6379":                       "it is part of a cluster, and clusters are not supported",
		"ERR max number of clients reached":              "it answered: ERR max number of clients reached",
		"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.": "it answered: MISCONF " +
			"Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			s := open(t, fake(t, func(sent string) string {
				if strings.HasPrefix(sent, "xadd ") {
					asked.Add(1)
				}
				return answer
			}))
			if err := sinktest.Cause(t, s, sample(t)); err.Error() != "send to Redis at "+s.options.Address+": "+want {
				t.Errorf("it says %q, want %q", err, want)
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("one attempt asked %d times", n)
			}
		})
	}
}

// Some servers, and proxies before them, repeat what they do not understand.
func TestNothingThatAServerRepeatsIsToldOn(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(string) string{
		"an unknown command":   func(sent string) string { return "ERR unknown command, with args beginning with: " + sent },
		"an error of its own":  func(sent string) string { return "DENIED " + sent },
		"a refused connection": func(sent string) string { return "ERR Protocol error: " + sent },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// HELLO is refused first, and AUTH then repeated.
			s := open(t, fake(t, answer), func(o *Options) { o.User, o.Password = "receiver", secret })
			if err := sinktest.Cause(t, s, sample(t)); strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "send to Redis at ") {
				t.Errorf("it says %q", err)
			}
		})
	}
}

func TestAServerThatKnowsNoStreamsRepeatsNoEvent(t *testing.T) {
	t.Parallel()
	s := open(t, fake(t, func(sent string) string { return "ERR unknown command, with args beginning with: " + sent }))
	want := "send to Redis at " + s.options.Address + ": it does not know the commands, which Redis has since version 5"
	if err := sinktest.Cause(t, s, numbered(t, 1)); err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
}

// A real server hangs up beside this answer, and which of the two is noticed is chance.
func TestAnEventThatIsTooLargeIsDead(t *testing.T) {
	t.Parallel()
	s := open(t, fake(t, func(string) string { return "ERR Protocol error: invalid bulk length" }))
	if got := s.Send(t.Context(), sample(t)); got != (sink.Dead{Reason: "the event is larger than the server's proto-max-bulk-len"}) {
		t.Errorf("%#v", got)
	}
}

func TestAnEventBelowTheLimitsOfARealServerIsDelivered(t *testing.T) {
	t.Parallel()
	b := serve(t)
	large := message(t, `{"Event":"a.b","EventId":"1","x":"`+strings.Repeat("x", 10<<20)+`"}`)
	sinktest.Delivered(t, open(t, b.address), large)
	b.set("proto-max-bulk-len", "1mb")
	switch got := open(t, b.address).Send(t.Context(), large).(type) {
	case sink.Delivered:
		t.Error("it was delivered")
	case sink.Retry:
		var network net.Error
		if !errors.As(got.Cause, &network) && !strings.Contains(got.Cause.Error(), "connection was lost") {
			t.Errorf("it says %q", got.Cause)
		}
	}
}
