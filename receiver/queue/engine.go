// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// maxPayload is above the largest body that intake can be configured to read (8 MiB), with room for headers.
	maxPayload = 10 << 20
	// startTimeout is how long the engine may take to recover its files.
	startTimeout = time.Minute
	// storeDir is where the engine has its files, below the queue's directory.
	storeDir = "queue"
)

// engine is where messages are kept, with the one connection to it: a server inside this process, or a cluster.
type engine struct {
	conn    *nats.Conn
	cluster *cluster // nil when the server is inside

	server *server.Server // nil when there is a cluster, as are lock and wire
	lock   *os.File
	wire   *wire   // through which messages are stored
	failed failure // a write failed, and so will all that follow

	traffic traffic
}

// failure is for good.
type failure struct {
	once sync.Once
	told chan struct{}
}

func (f *failure) tell() { f.once.Do(func() { close(f.told) }) }

// errStopped tells for good that nothing is stored any more.
var errStopped = errors.New("the queue engine has stopped, most likely because its disk failed or is full; its log says why")

func startEngine(dir string, log logr.Logger) (_ *engine, err error) {
	e := &engine{failed: failure{told: make(chan struct{})}}
	defer func() {
		if err != nil {
			e.stop()
		}
	}()
	if e.lock, err = lock(dir); err != nil {
		return nil, err
	}
	e.server, err = server.NewServer(&server.Options{
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
	e.server.SetLoggerV2(engineLog{log, &e.failed}, false, false, false)
	e.server.Start()
	if !e.server.ReadyForConnections(startTimeout) || !e.server.JetStreamEnabled() {
		return nil, fmt.Errorf("the queue engine did not start on %s; its log says why", dir)
	}
	e.conn, err = nats.Connect("", nats.InProcessServer(e.server), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return nil, fmt.Errorf("connect to the queue engine: %w", err)
	}
	if e.wire, err = openWire(e.server.InProcessConn, &e.failed, log); err != nil {
		return nil, err
	}
	return e, nil
}

// alive says why the engine cannot store anything any more.
func (e *engine) alive() error {
	if e.cluster != nil { // it may come back, whatever it is that has happened
		return nil
	}
	select {
	case <-e.failed.told:
		return errStopped
	default:
	}
	if !e.server.Running() || !e.server.JetStreamEnabled() {
		return errStopped
	}
	return nil
}

// reachable says why the engine can store nothing right now.
func (e *engine) reachable() error {
	if e.cluster == nil || e.conn.IsConnected() {
		return e.alive()
	}
	return e.cluster.missing(e.conn.LastError())
}

func (e *engine) stop() {
	if e.conn != nil {
		if e.conn.IsConnected() {
			_ = e.conn.FlushTimeout(settleTimeout) // pauses that were asked for last
		}
		e.conn.Close()
	}
	if e.wire != nil {
		e.wire.close()
	}
	if e.server != nil {
		e.server.Shutdown()
		e.server.WaitForShutdown()
	}
	if e.lock != nil {
		_ = e.lock.Close()
	}
}

// criticalWriteError is how the engine tells that a write failed. From then on it answers nothing that is to be stored
// until it is started anew, and its log is the only place where it says so (nats-server v2.15, setWriteErrLocked).
const criticalWriteError = "critical write error"

// engineLog passes the engine's log on: errors at the default level, the rest only when asked for.
type engineLog struct {
	log    logr.Logger
	failed *failure
}

func (l engineLog) Noticef(format string, v ...any) { l.log.V(2).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Debugf(format string, v ...any)  { l.log.V(3).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Tracef(format string, v ...any)  { l.log.V(4).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Warnf(format string, v ...any) {
	l.log.V(1).Info(fmt.Sprintf(format, v...))
}

func (l engineLog) Errorf(format string, v ...any) {
	err := fmt.Errorf(format, v...) //nolint:err113 // the engine gives text, not errors
	if strings.Contains(strings.ToLower(err.Error()), criticalWriteError) {
		l.failed.tell()
	}
	l.log.Error(err, "queue engine")
}

func (l engineLog) Fatalf(format string, v ...any) { l.Errorf(format, v...) }
