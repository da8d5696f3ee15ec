// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/testr"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/natsaccess"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/await"
)

// helperVariable makes the test binary be the process that is killed in TestKill.
const helperVariable = "QUEUE_TEST_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperVariable); dir != "" {
		helper(dir)
		return
	}
	if settings := os.Getenv(nodeVariable); settings != "" {
		serveNode(settings)
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		stopCommon()
		os.Exit(code)
	}))
}

const (
	created = superoffice.ActivityCreated
	changed = superoffice.ActivityChanged
	// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
	patience = time.Minute
	// quiet is how long a test listens for what must not come.
	quiet = 300 * time.Millisecond
)

var limits = config.Queue{
	MaxBytes:        64 << 20,
	MaxAge:          config.Duration(time.Hour),
	DuplicateWindow: config.Duration(time.Minute),
}

// inCluster are the same limits for a queue in the common cluster.
func inCluster() config.Queue {
	c := limits
	c.JetStream = &config.JetStream{Replicas: 3}
	return c
}

// everywhere runs a test of what is the same for both engines; the limits that it is given say which.
func everywhere(t *testing.T, test func(t *testing.T, limits config.Queue)) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, limits)
	})
	t.Run("in a cluster", func(t *testing.T) {
		t.Parallel()
		test(t, inCluster())
	})
}

// open opens a queue in a directory, or in the cluster, where the name of the directory is that of the queue.
func open(t *testing.T, dir string, cfg config.Queue) *Queue {
	t.Helper()
	log := testr.NewWithOptions(t, testr.Options{Verbosity: -1})
	if cfg.JetStream == nil {
		q, err := Open(t.Context(), dir, cfg, log)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(q.Close)
		return q
	}
	all, err := common()
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, all.access(), dir, cfg)
}

// connect opens a queue in a cluster, for as long as that takes: it may be about to start.
func connect(t *testing.T, access natsaccess.Access, dir string, cfg config.Queue) *Queue {
	t.Helper()
	there := *cfg.JetStream
	there.Prefix = prefix(dir)
	cfg.JetStream = &there
	var q *Queue
	eventually(t, func() string {
		var err error
		if q, err = Connect(t.Context(), access, cfg, logr.Discard(), nil); err != nil {
			return err.Error()
		}
		return ""
	})
	t.Cleanup(q.Close)
	return q
}

// prefix is the name of a queue in the cluster.
func prefix(dir string) string { return fmt.Sprintf("test-%x", sha256.Sum256([]byte(dir)))[:16] }

func openCursor(t *testing.T, q *Queue, sink string) *Cursor {
	t.Helper()
	c, err := q.Cursor(t.Context(), config.Sink{Name: sink}, []string{created, changed})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func put(t *testing.T, q *Queue, event, key string) {
	t.Helper()
	duplicate, err := q.Put(t.Context(), event, superoffice.DedupKey(key), message(key))
	if err != nil || duplicate {
		t.Fatalf("Put(%.20q): duplicate %t, error %v", key, duplicate, err)
	}
}

func message(text string) Message {
	return Message{Body: []byte(text), Header: http.Header{"X-Test": {text[:min(len(text), 10)]}}, Received: time.Now()}
}

// next waits for the next delivery.
func next(t *testing.T, c *Cursor) *Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d, err := c.Next(ctx)
	if err != nil {
		t.Fatalf("nothing came for sink %q: %v", c.sink, err)
	}
	return d
}

// ack waits for the next delivery, compares its body and acknowledges it.
func ack(t *testing.T, c *Cursor, want string) {
	t.Helper()
	d := next(t, c)
	if string(d.Body) != want {
		t.Fatalf("sink %q got %q, want %q", c.sink, d.Body, want)
	}
	if err := d.Ack(); err != nil {
		t.Fatal(err)
	}
}

func nothing(t *testing.T, c *Cursor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), quiet)
	defer cancel()
	d, err := c.Next(ctx)
	if err == nil {
		t.Fatalf("sink %q got %q, want nothing", c.sink, d.Body)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

// eventually waits until a condition holds; it says why it does not.
var eventually = await.Within(patience)

func backlog(t *testing.T, c *Cursor) Backlog {
	t.Helper()
	b, err := c.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func stats(t *testing.T, q *Queue) Stats {
	t.Helper()
	s, err := q.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openQuietly(dir string, cfg config.Queue) (*Queue, error) {
	q, err := Open(context.Background(), dir, cfg, logr.Discard())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return q, nil
}
