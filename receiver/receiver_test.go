// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// log keeps what a receiver says.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) logger() logr.Logger {
	return funcr.New(func(prefix, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		fmt.Fprintln(&l.text, prefix, args)
	}, funcr.Options{})
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// running is a receiver that runs until it is stopped.
type running struct {
	*Receiver
	log  *log
	stop func() error
}

// run opens and runs a receiver, and waits until it is ready.
func run(t *testing.T, o Options) *running {
	t.Helper()
	l := &log{}
	o.Log = l.logger()
	receiver, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- receiver.Run(ctx) }()
	r := &running{receiver, l, sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return fmt.Errorf("it does not end; it said\n%s", l)
		}
	})}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
	eventually(t, func() string {
		if err := receiver.Ready(t.Context()); err != nil {
			return err.Error()
		}
		return ""
	})
	return r
}

// Alive is what its probe of liveness tells.
func (r *running) Alive() error { return r.behind.Alive() }

// snapshot is the configuration in force of a receiver of one webhook.
func (r *running) snapshot() *snapshot { return r.behind.(*webhook).snapshot() }

// Status is that of a receiver of one webhook.
func (r *running) Status(ctx context.Context) status.Status { return r.behind.(*webhook).Status(ctx) }

// accepts posts an event over a connection of its own, and wants 200.
func (r *running) accepts(t *testing.T, id string) {
	t.Helper()
	body := fmt.Appendf(nil, `{"EventId":%q,"Event":"activity.created","PrimaryKey":7}`, id)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.IntakeAddress()+"/webhook", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	request.Header.Set(superoffice.HeaderSignature, superoffice.Sign(superoffice.NewSecret([]byte(secret)), body))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("answered with %s", answer.Status)
	}
}

func to(name, url string) config.Sink {
	return config.Sink{Name: name, HTTP: &config.HTTP{URL: url}}
}

// released fails unless a receiver's directory and ports can be taken by another.
func released(t *testing.T, r *Receiver) {
	t.Helper()
	for _, address := range []string{r.IntakeAddress(), r.AdminAddress()} {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Errorf("%s is still open", address)
		}
	}
	next, err := Open(t.Context(), r.options)
	if err != nil {
		t.Errorf("the directory cannot be opened again: %v", err)
		return
	}
	_ = next.intakeListener.Close()
	_ = next.adminListener.Close()
	next.behind.close()
}

func TestRun(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	down := func(c *config.Config) { c.Sinks = []config.Sink{to("down", nobody)} }
	options := func(t *testing.T) Options {
		return Options{ConfigFile: settings(t, down), DataDir: t.TempDir(), Log: logr.Discard(), DrainTimeout: time.Hour}
	}
	t.Run("leaves nothing behind when it ends", func(t *testing.T) {
		t.Parallel()
		r := run(t, options(t))
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		released(t, r.Receiver)
	})
	t.Run("ends in order when it is asked to before it began", func(t *testing.T) {
		t.Parallel()
		r, err := Open(t.Context(), options(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Run(cancelled); err != nil {
			t.Error(err)
		}
		if err := r.Ready(t.Context()); err == nil || err.Error() != "shutting down" {
			t.Errorf("readiness: %v", err)
		}
		released(t, r)
	})
	t.Run("ends with the error of a part that fails", func(t *testing.T) {
		t.Parallel()
		o := options(t)
		r, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Dir(o.ConfigFile)
		if err := os.Rename(folder, folder+".moved"); err != nil {
			t.Fatal(err)
		}
		if err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "watch "+folder) {
			t.Errorf("error: %v", err)
		}
		if err := os.Rename(folder+".moved", folder); err != nil {
			t.Fatal(err)
		}
		released(t, r)
	})
}

func TestOpenLetsGoOfWhatItHadWhenItFails(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	// An address of this process's own, so that nobody else can take it meanwhile.
	free := fmt.Sprintf("127.20.%d.%d:8081", os.Getpid()>>8&0xff, os.Getpid()&0xff)
	o := Options{DataDir: t.TempDir(), Log: logr.Discard(), ConfigFile: settings(t, func(c *config.Config) {
		c.Intake.Address, c.Admin.Address = taken.Addr().String(), free
		c.Sinks = []config.Sink{to("down", nobody)}
	})}
	for range 2 { // the second finds what the first left
		if _, err := Open(t.Context(), o); err == nil || !strings.HasPrefix(err.Error(), "intake.address: ") {
			t.Errorf("error: %v", err)
		}
	}
}

// TestDrain counts what is left, which is deliveries and not events, and tells for which of them is not waited.
func TestDrain(t *testing.T) {
	t.Parallel()
	const events = 3
	takes := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(takes.Close)
	picky := to("picky", nobody)
	picky.Events = []string{superoffice.ActivityDeleted}
	for _, c := range []struct {
		name    string
		sinks   []config.Sink
		suspend bool
		timeout time.Duration
		left    int
	}{
		{"ends when everything is delivered", []config.Sink{to("a", takes.URL), to("b", takes.URL)}, false, time.Hour, 0},
		{"does not wait for what a sink does not want", []config.Sink{to("a", takes.URL), picky}, false, time.Hour, 0},
		{"does not wait for what is suspended", []config.Sink{to("a", takes.URL), to("b", nobody)}, true, time.Hour, 2 * events},
		{"ends when the time is over", []config.Sink{to("a", nobody)}, false, 100 * time.Millisecond, events},
		{"counts for each sink", []config.Sink{to("a", nobody), to("b", nobody), picky}, false, 100 * time.Millisecond, 2 * events},
		{"takes no time where there is none", []config.Sink{to("a", nobody)}, false, 0, events},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, Options{DataDir: t.TempDir(), DrainTimeout: c.timeout, ConfigFile: settings(t, func(f *config.Config) {
				f.Sinks, f.Suspend = c.sinks, c.suspend
			})})
			for i := range events {
				r.accepts(t, fmt.Sprint(i))
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf(`"msg"="shut down" "undelivered"=%d`, c.left); !strings.Contains(r.log.String(), want) {
				t.Errorf("it does not say %s but\n%s", want, r.log)
			}
		})
	}
}
