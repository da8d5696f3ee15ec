// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/natsaccess"
)

// single is a queue on a server alone.
func single() config.Queue {
	c := limits
	c.JetStream = &config.JetStream{Prefix: "crm", Replicas: 1}
	return c
}

// serve starts one server in this process; it keeps its port when it is started again.
func serve(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.Host, o.NoSigs, o.NoLog, o.JetStream = address(), true, true, true
	if o.StoreDir == "" {
		o.Port, o.StoreDir = server.RANDOM_PORT, t.TempDir()
	}
	s, err := server.NewServer(o.Clone())
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server did not start")
	}
	o.Port = s.Addr().(*net.TCPAddr).Port
	return s
}

func to(o *server.Options) natsaccess.Access {
	return natsaccess.Access{URLs: []string{fmt.Sprintf("nats://%s:%d", o.Host, o.Port)}}
}

// TestClusterAway is what a receiver goes through while the whole cluster is away.
func TestClusterAway(t *testing.T) {
	t.Parallel()
	o := &server.Options{}
	s := serve(t, o)
	q, err := Connect(t.Context(), to(o), single(), logr.Discard(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	c := openCursor(t, q, "erp")
	put(t, q, created, "before")

	s.Shutdown()
	s.WaitForShutdown()
	want := fmt.Sprintf("not connected to NATS at %s:%d: ", o.Host, o.Port)
	eventually(t, func() string {
		if err := q.Healthy(t.Context()); err == nil || !strings.HasPrefix(err.Error(), want) {
			return fmt.Sprintf("it is said to be healthy: %v", err)
		}
		return ""
	})
	if _, err := q.Put(t.Context(), created, "during", message("during")); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Put says %v, want at once that there is no cluster", err)
	}
	if err := q.Alive(); err != nil {
		t.Errorf("a restart would not help, but Alive says %v", err)
	}
	t.Run("nor can it be opened", func(t *testing.T) {
		ctx, cancel := contextFor(t, quiet)
		defer cancel()
		if _, err := Connect(ctx, to(o), single(), logr.Discard(), nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	})

	serve(t, o)
	eventually(t, func() string {
		if err := q.Healthy(t.Context()); err != nil {
			return err.Error()
		}
		return ""
	})
	put(t, q, created, "after")
	ack(t, c, "before")
	ack(t, c, "after")
}

func TestForeignStreamIsRefusedAndNotTouched(t *testing.T) {
	t.Parallel()
	o := &server.Options{}
	serve(t, o)
	conn, err := nats.Connect(to(o).Servers())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	before, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "crm-events", Subjects: []string{"orders.>"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Connect(t.Context(), to(o), single(), logr.Discard(), nil)
	if !errors.Is(err, ErrForeignStream) || !strings.Contains(err.Error(), "stream crm-events: ") {
		t.Errorf("got %v", err)
	}
	after, err := js.Stream(t.Context(), "crm-events")
	if err != nil || fmt.Sprint(before.CachedInfo().Config) != fmt.Sprint(after.CachedInfo().Config) {
		t.Errorf("it is now %+v, %v", after.CachedInfo().Config, err)
	}
}

func TestLargerStreamIsToldOf(t *testing.T) {
	t.Parallel()
	o := &server.Options{}
	serve(t, o)
	large := single()
	large.MaxBytes *= 2
	var mu sync.Mutex
	var said strings.Builder
	log := funcr.New(func(_, args string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(&said, args)
	}, funcr.Options{})
	for _, cfg := range []config.Queue{large, single()} {
		q, err := Connect(t.Context(), to(o), cfg, log, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Close()
	}
	mu.Lock()
	defer mu.Unlock()
	want := `"stream"="crm-events" "difference"="134217728 bytes and not 67108864"`
	if n := strings.Count(said.String(), "a stream is larger than it is wanted"); n != 2 || !strings.Contains(said.String(), want) {
		t.Errorf("it said %q, want of both streams like %q", said.String(), want)
	}
}

func TestChangedCredentialsAreUsedFromTheNextConnectionOn(t *testing.T) {
	t.Parallel()
	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	key, err := user.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	o := &server.Options{Users: []*server.User{{Username: "receiver", Password: "first"}}, Nkeys: []*server.NkeyUser{{Nkey: key}}}
	s := serve(t, o)
	nkey := to(o)
	nkey.Seed = string(seed)
	byKey, err := Connect(t.Context(), nkey, single(), logr.Discard(), nil)
	if err != nil {
		t.Fatal(err)
	}
	byKey.Close()

	access := to(o)
	access.User, access.Password = "receiver", "first"
	q, err := Connect(t.Context(), access, single(), logr.Discard(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	put(t, q, created, "1")
	s.Shutdown()
	s.WaitForShutdown()
	o.Users[0].Password = "second"
	serve(t, o)
	eventually(t, func() string {
		if err := q.Healthy(t.Context()); err == nil || !strings.Contains(err.Error(), "the server refused the credentials") {
			return fmt.Sprintf("got %v", err)
		}
		return ""
	})
	access.Password = "second"
	q.SetAccess(access)
	eventually(t, func() string {
		if err := q.Healthy(t.Context()); err != nil {
			return err.Error()
		}
		return ""
	})
	put(t, q, created, "2")
}

// The permissions that docs/jetstream.md names are enough for all that a queue does.
func TestDocumentedPermissionsAreEnough(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/jetstream.md")
	if err != nil {
		t.Fatal(err)
	}
	var publish, subscribe []string
	for line := range strings.Lines(string(doc)) {
		what, subject, _ := strings.Cut(strings.TrimSpace(line), " ")
		subject = strings.ReplaceAll(subject, "superoffice_sales_crm", "crm")
		switch what {
		case "publish":
			publish = append(publish, subject)
		case "subscribe":
			subscribe = append(subscribe, subject)
		}
	}
	o := &server.Options{Users: []*server.User{{Username: "receiver", Password: "secret", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: publish}, Subscribe: &server.SubjectPermission{Allow: subscribe},
	}}}}
	serve(t, o)
	access := to(o)
	access.User, access.Password = "receiver", "secret"
	ctx, cancel := contextFor(t, patience)
	defer cancel()
	for _, key := range []string{"made", "found"} {
		q, err := Connect(ctx, access, single(), logr.Discard(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(q.Close)
		larger := single()
		larger.MaxBytes *= 2
		if err := q.Configure(t.Context(), larger); err != nil {
			t.Fatal(err)
		}
		c := openCursor(t, q, "erp")
		bury(t, q, c, key)
		stats(t, q)
		backlog(t, c)
		id := letters(t, q, "", 0, 1)[0].ID
		if err := q.Replay(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := next(t, c).Retry(0); err != nil {
			t.Fatal(err)
		}
		ack(t, c, key)
		window := limits.DuplicateWindow.Std()
		trimmer := &trimmer{queue: q}
		for i := range 2 {
			if err := trimmer.trim(t.Context(), time.Now().Add(time.Duration(i)*window)); err != nil {
				t.Fatal(err)
			}
		}
		if err := q.abandon(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := q.Healthy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
