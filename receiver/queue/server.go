// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/config"
)

const (
	// maxPayload is above the largest body that intake can be configured to read (8 MiB), with room for headers.
	maxPayload = 10 << 20
	// startTimeout is how long the engine may take to recover its files.
	startTimeout = time.Minute
	// storeDir is where the engine has its files, below the queue's directory.
	storeDir = "queue"
)

// Server is a JetStream server inside this process, without a listener, on a directory of its own. Any number of queues can
// be open on it, each under a name of its own. They share its files, and so its end: what fails of the disk fails for all.
type Server struct {
	nats   *server.Server
	lock   *os.File
	disk   *disk
	wire   *wire   // through which messages are stored
	failed failure // a write failed, and so will all that follow
}

// failure is for good.
type failure struct {
	once sync.Once
	told chan struct{}
}

func (f *failure) tell() { f.once.Do(func() { close(f.told) }) }

// errStopped tells for good that nothing is stored any more.
var errStopped = errors.New("the queue engine has stopped, most likely because its disk failed or is full; its log says why")

// Serve starts a server on a directory, which it creates where there is none. A directory whose process was killed has
// everything that was acknowledged in it. One that another process has open gives ErrInUse. Close must follow, after that of
// all queues on it.
func Serve(dir string, log logr.Logger) (_ *Server, err error) {
	s := &Server{failed: failure{told: make(chan struct{})}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.lock, err = lock(dir); err != nil {
		return nil, err
	}
	s.nats, err = server.NewServer(&server.Options{
		ServerName: "receiver",
		DontListen: true,
		NoSigs:     true,
		MaxPayload: maxPayload,
		MaxPending: 8 * maxPayload,
		JetStream:  true,
		StoreDir:   filepath.Join(dir, storeDir),
		// The streams have limits of their own, which can change; the server's, which cannot, must not be lower.
		JetStreamMaxStore:  math.MaxInt64 / 2,
		JetStreamMaxMemory: 1 << 20,
		// What is written is in the page cache, which outlives the process but not the machine; the engine has it
		// written to the disk every two minutes. Where that is too late, disk does it, for many messages at a time;
		// SyncAlways would do it for one, while all others wait.
		SyncAlways:             false,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, fmt.Errorf("configure the queue engine: %w", err)
	}
	s.nats.SetLoggerV2(engineLog{log, &s.failed}, false, false, false)
	s.nats.Start()
	if !s.nats.ReadyForConnections(startTimeout) || !s.nats.JetStreamEnabled() {
		return nil, fmt.Errorf("the queue engine did not start on %s; its log says why", dir)
	}
	if s.wire, err = openWire(s.nats.InProcessConn, &s.failed, log); err != nil {
		return nil, err
	}
	s.disk = openDisk(filepath.Join(dir, storeDir))
	return s, nil
}

// Open opens the queue of a name, and makes it where there is none. A name is a part of the names of streams and subjects:
// letters, digits, '-' and '_'. The empty one is that of a queue that has the directory for itself.
func (s *Server) Open(ctx context.Context, name string, cfg config.Queue, log logr.Logger) (_ *Queue, err error) {
	e, err := s.connect()
	if err != nil {
		return nil, err
	}
	q := &Queue{engine: e, disk: s.disk, log: log, names: newNames(name), cursors: map[string]*Cursor{}}
	defer func() {
		if err != nil {
			e.stop()
		}
	}()
	q.recent = newRecent(cfg.DuplicateWindow.Std())
	if err = q.use(e.conn); err != nil {
		return nil, err
	}
	if err = q.Configure(ctx, cfg); err != nil {
		return nil, err
	}
	if err = q.adoptCursors(ctx); err != nil {
		return nil, err
	}
	if err = q.recall(ctx); err != nil {
		return nil, err
	}
	q.startTrimmer()
	return q, nil
}

// Remove removes the queue of a name with all that is in it, where there is one. It must not be open.
func (s *Server) Remove(ctx context.Context, name string) error {
	e, err := s.connect()
	if err != nil {
		return err
	}
	defer e.stop()
	js, err := jetstream.New(e.conn)
	if err != nil {
		return fmt.Errorf("connect to the queue engine: %w", err)
	}
	n := newNames(name)
	for _, stream := range []string{n.events, n.dead} {
		if err := js.DeleteStream(ctx, stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("remove the stream %s: %w", stream, err)
		}
	}
	return nil
}

// Alive says why the server has stopped for good, so that only a restart of the process can help; nil while it runs.
func (s *Server) Alive() error {
	select {
	case <-s.failed.told:
		return errStopped
	default:
	}
	if !s.nats.Running() || !s.nats.JetStreamEnabled() {
		return errStopped
	}
	return nil
}

// Close ends the server. What was not acknowledged by a sink stays stored.
func (s *Server) Close() {
	if s.wire != nil {
		s.wire.close()
	}
	if s.nats != nil {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	}
	if s.disk != nil {
		s.disk.close()
	}
	if s.lock != nil {
		unlock(s.lock)
	}
}
