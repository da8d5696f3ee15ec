// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// broker is a NATS server on an address of this process's own, so that its port stays free while it is down.
type broker struct {
	*server.Server
	options *server.Options
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{options: &server.Options{
		Host: fmt.Sprintf("127.22.%d.%d", os.Getpid()>>8&0xff, os.Getpid()&0xff), Port: server.RANDOM_PORT,
		NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
		Users: []*server.User{{Username: "receiver", Password: "first"}},
	}}
	b.start(t)
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start(t *testing.T) {
	t.Helper()
	s, err := server.NewServer(b.options.Clone())
	if err != nil {
		t.Fatal(err)
	}
	b.Server = s
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server did not start")
	}
	b.options.Port = s.Addr().(*net.TCPAddr).Port
}

func (b *broker) stop() {
	b.Shutdown()
	b.WaitForShutdown()
}

// settings put the queue of a configuration into a broker. The password is in a file beside the configuration.
func (b *broker) settings(t *testing.T, change func(*config.Config)) string {
	t.Helper()
	path := settings(t, func(c *config.Config) {
		c.Queue.JetStream = &config.JetStream{
			URLs: []string{fmt.Sprintf("nats://%s:%d", b.options.Host, b.options.Port)}, Prefix: "crm", Replicas: 1,
			Auth: &config.UserPassword{Username: "receiver", PasswordFile: "password"},
		}
		change(c)
	})
	write(t, filepath.Join(filepath.Dir(path), "password"), "first")
	return path
}

// readiness waits until the receiver is, or says why it is not.
func (r *running) readiness(t *testing.T, want string) {
	t.Helper()
	eventually(t, func() string {
		err := r.Ready(t.Context())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			return fmt.Sprintf("readiness: %v, want %q; it said\n%s", err, want, r.log)
		}
		return ""
	})
}

func TestReceiversShareAQueueInJetStream(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	var mu sync.Mutex
	var got int
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got++
	}))
	t.Cleanup(sink.Close)
	delivered := func(want int) {
		t.Helper()
		eventually(t, func() string {
			mu.Lock()
			defer mu.Unlock()
			if got != want {
				return fmt.Sprintf("%d events were delivered, want %d", got, want)
			}
			return ""
		})
	}
	path := b.settings(t, func(c *config.Config) { c.Sinks = []config.Sink{to("erp", sink.URL)} })
	one, two := run(t, Options{ConfigFile: path}), run(t, Options{ConfigFile: path})
	for i := range 20 {
		one.accepts(t, fmt.Sprint(i)) // SuperOffice repeats it, and is led to the other
		two.accepts(t, fmt.Sprint(i))
	}
	delivered(20)
	if q := one.Status(t.Context()).Queue; q.Events != 20 || !q.Shared {
		t.Errorf("%d events in the queue, want 20; shared: %t", q.Events, q.Shared)
	}

	b.stop()
	one.readiness(t, "not connected to NATS at "+b.options.Host)
	if status := one.post(t, posted{secret: secret, body: event("while it is down", 0)}); status != http.StatusServiceUnavailable {
		t.Errorf("answered with %d", status)
	}
	if err := one.Alive(); err != nil {
		t.Errorf("a restart would not help, but: %v", err)
	}
	b.options.Users[0].Password = "second"
	b.start(t)
	one.readiness(t, "the server refused the credentials")
	write(t, filepath.Join(filepath.Dir(path), "password"), "second\n")
	one.readiness(t, "")
	two.readiness(t, "")
	two.accepts(t, "while it was down")
	delivered(21)

	if err := one.stop(); err != nil {
		t.Error(err)
	}
	two.accepts(t, "to the one that is left")
	delivered(22)
}

// A sink that has nothing to do is not to be shown as failing until its next event.
func TestOutageOfTheQueueIsNotTheFaultOfItsSinks(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	r := run(t, Options{ConfigFile: b.settings(t, func(c *config.Config) { c.Sinks = []config.Sink{to("erp", sink.URL)} })})
	b.stop()
	eventually(t, func() string {
		if !strings.Contains(r.log.String(), "the queue hands out no events for the sink") {
			return "it does not tell that it fetches nothing"
		}
		return ""
	})
	b.start(t)
	r.readiness(t, "")
	eventually(t, func() string {
		if s := r.Status(t.Context()); len(s.Sinks) != 1 || s.Sinks[0].State != status.Delivering || s.Sinks[0].LastError != "" {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

func TestQueueDoesNotMoveWhileTheReceiverRuns(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	change := func(c *config.Config) { c.Sinks = []config.Sink{to("down", nobody)} }
	path := b.settings(t, change)
	r := run(t, Options{ConfigFile: path})
	for name, other := range map[string]func(*config.Config){
		"to another prefix": func(c *config.Config) { c.Queue.JetStream.Prefix = "erp" },
		"to other servers":  func(c *config.Config) { c.Queue.JetStream.URLs[0] = "nats://other" },
		"into the pod":      func(c *config.Config) { c.Queue.JetStream = nil },
	} {
		text, err := os.ReadFile(b.settings(t, func(c *config.Config) { change(c); other(c) }))
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, string(text))
		eventually(t, func() string {
			if problem := r.Status(t.Context()).Config.Error; problem != errQueueMoves.Error() {
				return fmt.Sprintf("%s: it says %q", name, problem)
			}
			return ""
		})
	}
}

func TestBodyThatTheServersWouldNotTakeIsTooLong(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.options.MaxPayload = 256 << 10
	b.stop()
	b.start(t)
	r := run(t, Options{ConfigFile: b.settings(t, func(c *config.Config) { c.Sinks = []config.Sink{to("down", nobody)} })})
	for size, want := range map[int]int{100 << 10: http.StatusOK, 300 << 10: http.StatusRequestEntityTooLarge} {
		body := fmt.Appendf(nil, `{"EventId":"%d","Event":"activity.created","PrimaryKey":7,"x":%q}`, size, strings.Repeat("x", size))
		if got := r.post(t, posted{secret: secret, body: string(body)}); got != want {
			t.Errorf("%d bytes are answered with %d, want %d", size, got, want)
		}
	}
	if said := r.log.String(); !strings.Contains(said, "longer bodies are refused with 413") {
		t.Errorf("it said\n%s", said)
	}
}

func TestAccessThatIsNoneIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*config.JetStream)
		want   string
	}{
		"a seed that is none": {
			func(j *config.JetStream) { j.Auth, j.NKeyFile = nil, "password" }, "queue.jetStream: the seed is none of a user's nkey",
		},
		"an authority that is none": {
			func(j *config.JetStream) { j.TLS = &config.TLS{CAFile: "password"} },
			"queue.jetStream.tls.caFile: the file password holds no certificate in PEM",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &broker{options: &server.Options{Host: "nats", Port: 4222}}
			path := b.settings(t, func(f *config.Config) {
				f.Sinks = []config.Sink{to("down", nobody)}
				c.change(f.Queue.JetStream)
			})
			if _, err := Open(t.Context(), Options{ConfigFile: path}); err == nil || !strings.HasSuffix(err.Error(), ": "+c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
