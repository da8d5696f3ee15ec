// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// patience is the longest that is waited for a process or for what it does.
const patience = 30 * time.Minute

// memoryLimit is what a pod of the default size, 512 MiB, leaves the garbage collector.
const memoryLimit = "GOMEMLIMIT=429496700"

// server is one process that is measured.
type server struct {
	*process.Process
	address string // host:port of intake
	admin   string // URL; of receivers only
	dir     string
}

// starter starts servers, each with a directory of its own.
type starter struct {
	spawner  *process.Spawner
	receiver string // the program
	dir      string
	count    int
}

// start runs a program on the servers' processor and returns its first line of output that pick picks something from.
func (s *starter) start(dir, program string, args []string, pick func(line string) *server) (*server, error) {
	if twoCPUs() {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		args = append([]string{pinned, strconv.Itoa(serverCPU), program}, args...)
		program = self
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p, err := s.spawner.Start(process.Command{Path: program, Args: args, Env: append([]string{memoryLimit}, os.Environ()...), Output: writer})
	_ = writer.Close()
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(reader)
	var said []string
	for lines.Scan() {
		if made := pick(lines.Text()); made != nil {
			made.Process, made.dir = p, dir
			go func() { _, _ = io.Copy(io.Discard, reader); _ = reader.Close() }() // ends with the process
			return made, nil
		}
		said = append(said, lines.Text())
	}
	return nil, fmt.Errorf("%s ended: %s", program, strings.Join(said, "\n"))
}

func (s *starter) newDir() (string, error) {
	s.count++
	dir := filepath.Join(s.dir, strconv.Itoa(s.count))
	return dir, os.Mkdir(dir, 0o700)
}

// baseline starts what the receiver is compared with.
func (s *starter) baseline(kind string) (*server, error) {
	dir, err := s.newDir()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return s.start(dir, self, []string{kind, dir}, func(line string) *server { return &server{address: line} })
}

// settings are the configuration of a receiver with some sinks.
func settings(urls ...string) *config.Config {
	c := &config.Config{
		APIVersion: config.APIVersion,
		Intake:     config.Intake{Address: "127.0.0.1:0", Secrets: []config.SharedSecret{{Name: "current", File: "secret"}}},
		Admin:      config.Admin{Address: "127.0.0.1:0"},
		Events:     superoffice.ActivityEvents(),
		Queue:      config.Queue{MaxBytes: 16 << 30},
	}
	for i, url := range urls {
		c.Sinks = append(c.Sinks, config.Sink{
			Name: fmt.Sprintf("sink-%d", i), Format: config.Raw, HTTP: &config.HTTP{URL: url},
			Delivery: config.Delivery{MaxBackoff: config.Duration(time.Second)},
		})
	}
	return c
}

// run starts a receiver.
func (s *starter) run(c *config.Config) (*server, error) {
	dir, err := s.newDir()
	if err != nil {
		return nil, err
	}
	return s.runIn(dir, c)
}

func (s *starter) runIn(dir string, c *config.Config) (*server, error) {
	text, err := c.Marshal()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(dir, "config") // apart from the data: the receiver watches all that is in it
	file := filepath.Join(folder, "receiver.yaml")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	if err := errors.Join(
		os.WriteFile(file, text, 0o600),
		os.WriteFile(filepath.Join(folder, "secret"), []byte(secretText), 0o600),
	); err != nil {
		return nil, err
	}
	args := []string{"--config", file, "--data-dir", filepath.Join(dir, "data"), "--drain-timeout", "0s"}
	return s.start(dir, s.receiver, args, func(line string) *server {
		var log struct{ Msg, Intake, Admin string }
		if json.Unmarshal([]byte(line), &log) != nil || log.Msg != "receiving" {
			return nil
		}
		return &server{address: log.Intake, admin: "http://" + log.Admin}
	})
}

// end ends a server and removes what it stored.
func (s *server) end() {
	s.Kill()
	<-s.Done()
	_ = os.RemoveAll(s.dir)
}

// pending is how many deliveries a receiver still has before it.
func (s *server) pending(ctx context.Context) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.admin+"/status", nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	var told status.Status
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		return 0, err
	}
	var n int64
	for _, sink := range told.Sinks {
		n += sink.Pending
	}
	return n, nil
}

// drained waits until nothing is pending.
func (s *server) drained(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond) // not more often: to tell takes the receiver time that it has for events
	defer tick.Stop()
	for {
		n, err := s.pending(ctx)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d deliveries are still to be made after %s", n, patience)
		case <-tick.C:
		}
	}
}

// cpu is the processor time that the process has spent (proc_pid_stat(5): the 14th and 15th field, in hundredths of a second).
func (s *server) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID()))
	if err != nil {
		return 0, err
	}
	_, behindName, _ := strings.Cut(string(text), ") ")
	var sum time.Duration
	for _, field := range strings.Fields(behindName)[11:13] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ticks) * 10 * time.Millisecond
	}
	return sum, nil
}

// memory reads the resident memory of the process, now and at its highest, in MiB (proc_pid_status(5)).
func (s *server) memory() (now, peak float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch {
		case name == "VmRSS" && err == nil:
			now = kib / 1024
		case name == "VmHWM" && err == nil:
			peak = kib / 1024
		}
	}
	return now, peak, nil
}
