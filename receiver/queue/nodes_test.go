// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/superoffice-webhook/operator/receiver/natsaccess"
)

// nodeVariable makes the test binary be a NATS server, with its options in JSON.
const nodeVariable = "QUEUE_TEST_NODE"

// node is one server of a cluster, a process of its own.
type node struct {
	Name, Host, Dir string
	Client, Cluster int   // ports
	Routes          []int // the Cluster ports of all
	cmd             *exec.Cmd
	stdin           io.Closer // the process ends with it, so that none outlives the test
	stopped         bool
	log             string // the file
}

// nodes are a cluster.
type nodes []*node

// address is one that only this process uses, so that a port which is free stays so while a server is down.
func address() string { return fmt.Sprintf("127.21.%d.%d", os.Getpid()>>8&0xff, os.Getpid()&0xff) }

func makeNodes(dir string) (nodes, error) {
	const size = 3
	ports, err := freePorts(2 * size)
	if err != nil {
		return nil, err
	}
	var all nodes
	for i := range size {
		name := fmt.Sprint("n", i+1)
		all = append(all, &node{
			Name: name, Host: address(), Dir: filepath.Join(dir, name), log: filepath.Join(dir, name+".log"),
			Client: ports[i], Cluster: ports[size+i], Routes: ports[size:],
		})
	}
	return all, nil
}

func freePorts(n int) (ports []int, err error) {
	var taken []net.Listener // all at once, so that no port comes twice
	for range n {
		l, err := net.Listen("tcp", address()+":0")
		if err != nil {
			return nil, err
		}
		taken = append(taken, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	for _, l := range taken {
		err = errors.Join(err, l.Close())
	}
	return ports, err
}

func (n *node) start() error {
	settings, err := json.Marshal(n)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.cmd = exec.Command(os.Args[0])
	n.cmd.Env = append(os.Environ(), nodeVariable+"="+string(settings))
	n.cmd.Stderr = log
	if n.stdin, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	n.stopped = false
	return n.cmd.Start()
}

// kill ends the process at once, by SIGKILL.
func (n *node) kill() {
	if n.cmd == nil || n.stopped {
		return
	}
	n.stopped = true
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
	n.stdin.Close()
}

func (all nodes) start() error {
	for _, n := range all {
		if err := n.start(); err != nil {
			return err
		}
	}
	return nil
}

func (all nodes) kill() {
	for _, n := range all {
		n.kill()
	}
}

func (all nodes) access() natsaccess.Access {
	var a natsaccess.Access
	for _, n := range all {
		a.URLs = append(a.URLs, fmt.Sprintf("nats://%s:%d", n.Host, n.Client))
	}
	return a
}

// newNodes starts a cluster for one test.
func newNodes(t *testing.T) nodes {
	t.Helper()
	all, err := makeNodes(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(all.kill)
	if err := all.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tellLogs(t, all) })
	return all
}

func tellLogs(t *testing.T, all nodes) {
	if !t.Failed() {
		return
	}
	for _, n := range all {
		text, _ := os.ReadFile(n.log)
		t.Logf("server %s said\n%s", n.Name, text[max(0, len(text)-4000):])
	}
}

// common is the cluster that all tests share which do not harm it.
var common = sync.OnceValues(func() (nodes, error) {
	dir, err := os.MkdirTemp("", "queue-test-nodes-")
	if err != nil {
		return nil, err
	}
	all, err := makeNodes(dir)
	if err == nil {
		err = all.start()
	}
	commonDir, commonNodes = dir, all
	return all, err
})

var (
	commonDir   string // empty as long as it was not started
	commonNodes nodes
)

func stopCommon() {
	commonNodes.kill()
	if commonDir != "" {
		_ = os.RemoveAll(commonDir)
	}
}

// serveNode is the process of a node; it ends with its standard input.
func serveNode(settings string) {
	var n node
	if err := json.Unmarshal([]byte(settings), &n); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	o := &server.Options{
		ServerName: n.Name, Host: n.Host, Port: n.Client, NoSigs: true, MaxPayload: maxPayload, MaxPending: 8 * maxPayload,
		JetStream: true, StoreDir: n.Dir, DisableJetStreamBanner: true,
		JetStreamMaxStore: 1 << 40, JetStreamMaxMemory: 1 << 20,
		Cluster: server.ClusterOpts{Name: "test", Host: n.Host, Port: n.Cluster},
	}
	for _, port := range n.Routes {
		o.Routes = append(o.Routes, server.RoutesFromStr(fmt.Sprintf("nats://%s:%d", n.Host, port))...)
	}
	s, err := server.NewServer(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s.SetLoggerV2(nodeLog{}, false, false, false)
	s.Start()
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	os.Exit(0)
}

// nodeLog writes to standard error.
type nodeLog struct{}

func (nodeLog) say(level, format string, v []any) {
	fmt.Fprintf(os.Stderr, "%s %s %s\n", time.Now().Format(time.TimeOnly), level, fmt.Sprintf(format, v...))
}
func (l nodeLog) Noticef(format string, v ...any) { l.say("notice", format, v) }
func (l nodeLog) Warnf(format string, v ...any)   { l.say("warning", format, v) }
func (l nodeLog) Errorf(format string, v ...any)  { l.say("error", format, v) }
func (l nodeLog) Fatalf(format string, v ...any)  { l.say("fatal", format, v) }
func (nodeLog) Debugf(string, ...any)             {}
func (nodeLog) Tracef(string, ...any)             {}
