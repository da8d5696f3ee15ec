// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const patience = 30 * time.Second

// broker is a redis-server process on a port of the loopback interface, which writes down everything before it answers.
type broker struct {
	address string
	admin   *redis.Client

	t       *testing.T
	dir     string
	socket  string
	config  []string
	process *os.Process   // nil while it does not run
	exited  chan struct{} // closed when the process has ended
}

// serve starts a server with further lines of configuration.
func serve(t *testing.T, config ...string) *broker {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		const how = "redis-server is not installed: apt-get install --no-install-recommends redis-server"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	b := &broker{t: t, dir: t.TempDir(), socket: socket(t), config: append([]string{
		"bind 127.0.0.1", `save ""`, "appendonly yes", "appendfsync always",
	}, config...)}
	t.Cleanup(b.kill)
	for range 5 { // somebody else can take a port between finding and using it
		b.address = freeAddress(t)
		if b.start() {
			return b
		}
	}
	t.Fatal("the server did not start:\n" + b.output())
	return nil
}

// socket is a path that is short enough: t.TempDir's holds the test's name.
func socket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "socket")
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start starts the server, again on the same port and files where it had been started before. It tells whether it runs.
func (b *broker) start() bool {
	b.t.Helper()
	_, port, err := net.SplitHostPort(b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	// The socket is for tests to look behind TLS and what the sink is told.
	lines := append([]string{"dir " + b.dir, "logfile " + filepath.Join(b.dir, "log"), "unixsocket " + b.socket}, b.config...)
	listen := "port " + port
	for _, line := range b.config {
		if strings.HasPrefix(line, "tls-") {
			listen = "port 0\ntls-port " + port
		}
	}
	file := filepath.Join(b.dir, "redis.conf")
	if err := os.WriteFile(file, []byte(strings.Join(append(lines, listen), "\n")+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	command := exec.Command("redis-server", file)
	if err := command.Start(); err != nil {
		b.t.Fatal(err)
	}
	exited := make(chan struct{})
	b.process, b.exited = command.Process, exited
	go func() {
		_ = command.Wait() // it is killed
		close(exited)
	}()
	logging.Disable() // as New does
	b.admin = redis.NewClient(&redis.Options{Network: "unix", Addr: b.socket, Password: b.password(), MaxRetries: -1, DialerRetries: 1})
	end := time.After(patience)
	for b.admin.Ping(context.Background()).Err() != nil {
		select {
		case <-exited:
			b.kill()
			return false
		case <-end:
			b.t.Fatal("the server does not answer:\n" + b.output())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true
}

// password is the default user's.
func (b *broker) password() string {
	for _, line := range b.config {
		if password, ok := strings.CutPrefix(line, "requirepass "); ok {
			return password
		}
	}
	return ""
}

// kill ends the server with SIGKILL.
func (b *broker) kill() {
	if b.process == nil {
		return
	}
	b.admin.Close()
	_ = b.process.Kill()
	<-b.exited
	b.process = nil
}

func (b *broker) output() string {
	text, _ := os.ReadFile(filepath.Join(b.dir, "log"))
	return string(text)
}

// set changes the server's configuration.
func (b *broker) set(name, value string) {
	b.t.Helper()
	if err := b.admin.ConfigSet(b.t.Context(), name, value).Err(); err != nil {
		b.t.Fatal(err)
	}
}

// entry is what stands in a stream: names and values in turn.
type entry []string

func (e entry) get(name string) string {
	for i := 0; i+1 < len(e); i += 2 {
		if e[i] == name {
			return e[i+1]
		}
	}
	return ""
}

// stored returns what the stream holds, in order. The client's own XRange would lose the order of the fields.
func (b *broker) stored(key string) []entry {
	b.t.Helper()
	answer, err := b.admin.Do(b.t.Context(), "XRANGE", key, "-", "+").Slice()
	if err != nil {
		b.t.Fatal(err)
	}
	var all []entry
	for _, one := range answer {
		var e entry
		for _, text := range one.([]any)[1].([]any) {
			e = append(e, text.(string))
		}
		all = append(all, e)
	}
	return all
}

func (b *broker) ids() string {
	b.t.Helper()
	var ids []string
	for _, e := range b.stored(key) {
		ids = append(ids, e.get("id"))
	}
	return fmt.Sprint(ids)
}

// connections is how many connections there have been.
func (b *broker) connections() int {
	b.t.Helper()
	info, err := b.admin.Info(b.t.Context(), "stats").Result()
	if err != nil {
		b.t.Fatal(err)
	}
	for line := range strings.Lines(info) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "total_connections_received:"); ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				b.t.Fatal(err)
			}
			return n
		}
	}
	b.t.Fatal("the server does not tell its connections")
	return 0
}
