// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	authentication "k8s.io/api/authentication/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// manager is the process that is measured.
type manager struct {
	*process.Process
	log, metrics, profiles string
}

// kubeconfig is that of the manager's ServiceAccount.
func kubeconfig(ctx context.Context, admin, file string, clients kubernetes.Interface) error {
	config, err := clientcmd.LoadFromFile(admin)
	if err != nil {
		return err
	}
	token, err := clients.CoreV1().ServiceAccounts("system").CreateToken(ctx, "superoffice-webhook-operator", &authentication.TokenRequest{
		Spec: authentication.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](24 * 3600)},
	}, meta.CreateOptions{})
	if err != nil {
		return err
	}
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &api.AuthInfo{Token: token.Status.Token}
	}
	return clientcmd.WriteToFile(*config, file)
}

func startManager(spawner *process.Spawner, program, dir string) (*manager, error) {
	m := &manager{log: filepath.Join(dir, "manager.log")}
	var err error
	if m.metrics, err = freeAddress(); err != nil {
		return nil, err
	}
	if m.profiles, err = freeAddress(); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the process has it
	m.Process, err = spawner.Start(process.Command{
		Path: program,
		Args: []string{
			"--receiver-image=ghcr.io/superoffice-webhook/receiver:bench", "--leader-elect", "--leader-election-namespace=system",
			"--health-probe-bind-address=0", "--metrics-bind-address=" + m.metrics, "--pprof-bind-address=" + m.profiles,
		},
		Env: append(os.Environ(), "KUBECONFIG="+filepath.Join(dir, "kubeconfig")), Dir: dir, Output: log,
	})
	return m, err
}

// end ends the manager as a cluster would.
func (m *manager) end() error {
	m.Signal(syscall.SIGTERM)
	if code, _ := m.Exit(); code != 0 {
		return fmt.Errorf("the manager ended with %d; its log ends with:\n%s", code, process.Tail(m.log))
	}
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// memory is the resident memory, now and at its highest, in MiB (proc_pid_status(5)).
func (m *manager) memory() (now, peak float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.PID()))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch name {
		case "VmRSS":
			now = kib / 1024
		case "VmHWM":
			peak = kib / 1024
		}
	}
	return now, peak, nil
}

// metric is the sum of all series of a metric.
func (m *manager) metric(ctx context.Context, name string) (sum float64, err error) {
	body, err := fetch(ctx, "http://"+m.metrics+"/metrics")
	if err != nil {
		return 0, err
	}
	defer body.Close() //nolint:errcheck // nothing was written
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		series, value, _ := strings.Cut(lines.Text(), "} ")
		if bare, of, ok := strings.Cut(lines.Text(), " "); ok && bare == name {
			series, value = name+"{", of
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil && strings.HasPrefix(series, name+"{") {
			sum += v
		}
	}
	return sum, lines.Err()
}

// profile keeps a profile of the manager.
func (m *manager) profile(ctx context.Context, kind, file string) error {
	body, err := fetch(ctx, "http://"+m.profiles+"/debug/pprof/"+kind)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // nothing was written
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, f.Close())
}

func fetch(ctx context.Context, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
