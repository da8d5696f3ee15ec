// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// port is where the program in a pod listens, on the pod's address.
const port = 8080

// program is what runs in pods: a server that tells what it was given, and does what it is told.
type program struct {
	data, token string
	exit        int
	stubborn    bool
	ready, live atomic.Bool
	run         int
}

// runProgram returns the exit code.
func runProgram(args []string) int {
	var p program
	var unready bool
	flags := flag.NewFlagSet("program", flag.ContinueOnError)
	flags.StringVar(&p.data, "data", "", "directory in which to count the runs")
	flags.StringVar(&p.token, "token", "", "directory of the ServiceAccount's token")
	flags.IntVar(&p.exit, "exit", -1, "exit code to end with at once")
	flags.BoolVar(&p.stubborn, "stubborn", false, "ignore SIGTERM")
	flags.BoolVar(&unready, "unready", false, "not to be ready before it is told")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	p.ready.Store(!unready)
	p.live.Store(true)
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	if err := p.count(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(os.Stdout, "run %d\n", p.run)
	if p.exit >= 0 {
		return p.exit
	}
	return p.serve(terminated)
}

// count finds out which run this is, from what the one before has left.
func (p *program) count() error {
	p.run = 1
	if p.data == "" {
		return nil
	}
	path := filepath.Join(p.data, "runs")
	if before, err := os.ReadFile(path); err == nil {
		n, err := strconv.Atoi(string(before))
		if err != nil {
			return err
		}
		p.run = n + 1
	}
	return os.WriteFile(path, []byte(strconv.Itoa(p.run)), 0o600)
}

func (p *program) serve(terminated <-chan os.Signal) int {
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("BIND_ADDRESS"), strconv.Itoa(port)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	failed := make(chan error, 1)
	go func() { failed <- http.Serve(listener, p.routes()) }()
	for {
		select {
		case err := <-failed:
			fmt.Fprintln(os.Stderr, err)
			return 1
		case <-terminated:
			fmt.Fprintln(os.Stdout, "got SIGTERM")
			if !p.stubborn {
				return 0
			}
		}
	}
}

func (p *program) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", probe(&p.ready))
	mux.HandleFunc("GET /live", probe(&p.live))
	mux.HandleFunc("POST /ready", func(_ http.ResponseWriter, r *http.Request) { p.ready.Store(r.FormValue("to") == "true") })
	mux.HandleFunc("POST /live", func(_ http.ResponseWriter, r *http.Request) { p.live.Store(r.FormValue("to") == "true") })
	mux.HandleFunc("GET /hook", func(http.ResponseWriter, *http.Request) { fmt.Fprintln(os.Stdout, "got the hook") })
	mux.HandleFunc("GET /run", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, p.run) })
	mux.HandleFunc("GET /args", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(os.Args[1:]) })
	mux.HandleFunc("GET /environment", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(environment()) })
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		data, err := os.ReadFile(r.FormValue("path"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		_, _ = w.Write(data)
	})
	mux.HandleFunc("GET /configmaps", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, listConfigMaps(r.Context(), r.FormValue("namespace")))
	})
	return mux
}

func probe(ok *atomic.Bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if !ok.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

func environment() map[string]string {
	all := map[string]string{}
	for _, each := range os.Environ() {
		name, value, _ := strings.Cut(each, "=")
		all[name] = value
	}
	return all
}

// listConfigMaps asks the API server as the pod, with what KUBECONFIG names. It returns what it was told.
func listConfigMaps(ctx context.Context, namespace string) string {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err.Error()
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err.Error()
	}
	list, err := client.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d ConfigMaps", len(list.Items))
}
