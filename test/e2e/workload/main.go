// SPDX-License-Identifier: Apache-2.0

// Command workload is what the tests on a real cluster run in it, besides the operator:
//
//	workload sink     takes events and remembers which
//	workload sender   posts events as SuperOffice does, and remembers which were acknowledged
//	workload node     does to its node what happens to nodes; it needs root and the node's processes
//
// Each is an HTTP server on port 8080, so that tests reach it through the API server from wherever they run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "workload:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("say what to be: sink, sender or node")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	switch args[0] {
	case "sink":
		newSink().serve(mux)
	case "sender":
		newSender(os.Getenv("SECRET")).serve(mux)
	case "node":
		mux.HandleFunc("POST /kill", kill)
		mux.HandleFunc("POST /directory", makeDirectory)
	default:
		return fmt.Errorf("there is no %q", args[0])
	}
	server := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// tell answers with a document.
func tell(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document)
}
