// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
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
)

// engine is the embedded server with the one connection to it.
type engine struct {
	server *server.Server
	conn   *nats.Conn
	lock   *os.File
}

func startEngine(dir string, log logr.Logger) (_ *engine, err error) {
	e := &engine{}
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
		StoreDir:   filepath.Join(dir, "queue"),
		// The streams have limits of their own; the server must not have a lower one.
		JetStreamMaxStore:  math.MaxInt64 / 2,
		JetStreamMaxMemory: 1 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("configure the queue engine: %w", err)
	}
	e.server.SetLoggerV2(engineLog{log}, false, false, false)
	e.server.Start()
	if !e.server.ReadyForConnections(startTimeout) || !e.server.JetStreamEnabled() {
		return nil, fmt.Errorf("the queue engine did not start on %s; its log says why", dir)
	}
	e.conn, err = nats.Connect("", nats.InProcessServer(e.server), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return nil, fmt.Errorf("connect to the queue engine: %w", err)
	}
	return e, nil
}

// alive says why the engine cannot store anything any more, for example because the disk failed.
func (e *engine) alive() error {
	if !e.server.Running() || !e.server.JetStreamEnabled() {
		return errors.New("the queue engine has stopped, most likely because its disk failed or is full")
	}
	return nil
}

func (e *engine) stop() {
	if e.conn != nil {
		e.conn.Close()
	}
	if e.server != nil {
		e.server.Shutdown()
		e.server.WaitForShutdown()
	}
	if e.lock != nil {
		_ = e.lock.Close()
	}
}

// engineLog passes the engine's log on: warnings and errors at the default level, the rest only when asked for.
type engineLog struct{ log logr.Logger }

func (l engineLog) Noticef(format string, v ...any) { l.log.V(2).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Debugf(format string, v ...any)  { l.log.V(3).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Tracef(format string, v ...any)  { l.log.V(4).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Warnf(format string, v ...any) {
	l.log.Info("queue engine: " + fmt.Sprintf(format, v...))
}
func (l engineLog) Errorf(format string, v ...any) {
	l.log.Error(fmt.Errorf(format, v...), "queue engine") //nolint:err113 // the engine gives text, not errors
}
func (l engineLog) Fatalf(format string, v ...any) { l.Errorf(format, v...) }
