// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// scripts is where Debian keeps the scripts of RabbitMQ. Those in PATH want to be root, and to become another user.
const scripts = "/usr/lib/rabbitmq/bin"

// patience is for what takes seconds on a machine that has nothing else to do.
const patience = 2 * time.Minute

// node is a RabbitMQ server as a child process, with everything that it has in one folder.
type node struct {
	folder     string
	plain, tls string // addresses
	distPort   int
	epmdPort   int
	epmd       *process
	server     *process // nil while it is down
}

// program finds a program of RabbitMQ's.
func program(name string) (string, error) {
	for _, file := range []string{filepath.Join(scripts, name), name} {
		if path, err := exec.LookPath(file); err == nil {
			return path, nil
		}
	}
	return "", errors.New("RabbitMQ is not installed: apt-get install --no-install-recommends rabbitmq-server")
}

// needServer ends a test that has no server to run against.
func needServer(t *testing.T) {
	t.Helper()
	if _, err := program("rabbitmq-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// newNode prepares a node and does not start it. Lines are added to its configuration.
func newNode(folder string, lines ...string) (*node, error) {
	ports, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	n := &node{folder: folder, plain: address(ports[0]), tls: address(ports[1]), distPort: ports[2], epmdPort: ports[3]}
	lines = append(lines, "listeners.tcp.1 = "+n.plain, "load_definitions = "+n.path("definitions.json"), "log.console = true", "log.file = false")
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "{tls}", n.tls)
	}
	for name, content := range map[string]string{
		"rabbitmq.conf": strings.Join(lines, "\n") + "\n", "enabled_plugins": "[].\n", "definitions.json": definitions,
	} {
		if err := os.WriteFile(n.path(name), []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *node) path(name string) string { return filepath.Join(n.folder, name) }

func (n *node) environment() []string {
	return append(os.Environ(),
		"HOME="+n.folder, // for the cookie by which the tools are let in
		"RABBITMQ_NODENAME=test@localhost",
		"RABBITMQ_CONF_ENV_FILE="+n.path("rabbitmq-env.conf"), // which is not there
		"RABBITMQ_CONFIG_FILE="+n.path("rabbitmq.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+n.path("enabled_plugins"),
		"RABBITMQ_MNESIA_BASE="+n.path("data"),
		"RABBITMQ_LOG_BASE="+n.path("log"),
		"RABBITMQ_LOGS=-",
		"RABBITMQ_PID_FILE="+n.path("pid"),
		fmt.Sprintf("RABBITMQ_DIST_PORT=%d", n.distPort),
		fmt.Sprintf("ERL_EPMD_PORT=%d", n.epmdPort),
		"ERL_EPMD_ADDRESS=127.0.0.1",
	)
}

// process is a program in a group of its own, with all that it starts.
type process struct {
	*exec.Cmd
	guard *exec.Cmd // reads from this process, until there is nobody to read from
}

// run starts a program. Should the tests end without ending it, as they do when their time is over, its guard does.
func (n *node) run(path string, arguments ...string) (*process, error) {
	log, err := os.OpenFile(n.path(filepath.Base(path)+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{Cmd: exec.Command(path, arguments...)}
	p.Env, p.Dir, p.Stdout, p.Stderr = n.environment(), n.folder, log, log
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.Start(); err != nil {
		return nil, err
	}
	p.guard = exec.Command("/bin/sh", "-c", `read -r _; kill -s KILL -- "-$0"`, strconv.Itoa(p.Process.Pid))
	p.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // for Ctrl-C not to end it first
	if _, err = p.guard.StdinPipe(); err == nil {
		err = p.guard.Start()
	}
	if err != nil {
		return nil, errors.Join(err, p.signal(syscall.SIGKILL), p.Wait())
	}
	return p, nil
}

// signal sends a signal to all processes of the group.
func (p *process) signal(s syscall.Signal) error { return syscall.Kill(-p.Process.Pid, s) }

// end ends the program by a signal and waits until it is gone.
func (p *process) end(s syscall.Signal) error {
	err := p.signal(s)
	if err == nil {
		_ = p.Wait() // that it was ended by a signal is no news
	}
	err = errors.Join(err, p.guard.Process.Kill())
	_ = p.guard.Wait()
	return err
}

// start starts the node and waits until it lets clients in.
func (n *node) start(ctx context.Context) error {
	if n.epmd == nil { // one that the server started itself would outlive it
		path, err := exec.LookPath("epmd")
		if err != nil {
			return err
		}
		if n.epmd, err = n.run(path, "-port", fmt.Sprint(n.epmdPort), "-address", "127.0.0.1"); err != nil {
			return err
		}
		if err := listening(ctx, address(n.epmdPort)); err != nil {
			return err
		}
	}
	path, err := program("rabbitmq-server")
	if err != nil {
		return err
	}
	if n.server, err = n.run(path); err != nil {
		return err
	}
	if err := listening(ctx, n.plain); err != nil {
		return fmt.Errorf("the server does not start: %w\n%s", err, n.said())
	}
	return nil
}

// said is the log of the server, of all its starts.
func (n *node) said() []byte {
	log, _ := os.ReadFile(n.path("rabbitmq-server.log"))
	return log
}

// stop ends the server by a signal, if it runs.
func (n *node) stop(s syscall.Signal) error {
	if n.server == nil {
		return nil
	}
	p := n.server
	n.server = nil
	return p.end(s)
}

// close ends everything.
func (n *node) close() error {
	err := n.stop(syscall.SIGTERM)
	if n.epmd != nil {
		err = errors.Join(err, n.epmd.end(syscall.SIGKILL))
		n.epmd = nil
	}
	return err
}

// control runs rabbitmqctl.
func (n *node) control(t *testing.T, arguments ...string) {
	t.Helper()
	path, err := program("rabbitmqctl")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, path, arguments...)
	c.Env, c.Dir = n.environment(), n.folder
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("rabbitmqctl %v: %v\n%s", arguments, err, out)
	}
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// freePorts finds ports on which nobody listens.
func freePorts(count int) ([]int, error) {
	var ports []int
	var listeners []net.Listener
	defer func() {
		for _, l := range listeners {
			l.Close()
		}
	}()
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		listeners = append(listeners, l) // held, so that the next port is another
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// listening waits until somebody listens.
func listening(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}
