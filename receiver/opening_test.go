// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// TestAReceiverSaysWhatItWaitsFor opens a receiver whose queue is away, asks it why it does not start, and gives it the queue.
func TestAReceiverSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	path := b.settings(t, func(c *config.Config) {
		c.Admin.Address, c.Sinks = port, []config.Sink{to("erp", nobody)}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type opened struct {
		*Receiver
		err error
	}
	done := make(chan opened, 1)
	go func() {
		r, err := Open(ctx, Options{ConfigFile: path, Log: logr.Discard()})
		done <- opened{r, err}
	}()

	want := fmt.Sprintf("not connected to NATS at %s:%d", b.options.Host, b.options.Port)
	eventually(t, func() string {
		select {
		case o := <-done:
			t.Fatalf("it has ended: %v", o.err)
		default:
		}
		var s status.Status
		if text := told(ctx, "http://"+port+"/status"); json.Unmarshal([]byte(text), &s) != nil || s.Ready || !s.Opening || s.Config.Hash == "" ||
			!strings.HasPrefix(s.Queue.Error, want) {
			return "it says " + text
		}
		return ""
	})
	for _, path := range []string{"/readyz", "/healthz"} {
		if got := told(ctx, "http://"+port+path); !strings.HasPrefix(got, "starting: "+want) {
			t.Errorf("%s says %q", path, got)
		}
	}

	b.start(t)
	o := <-done
	if o.err != nil {
		t.Fatal(o.err)
	}
	running := make(chan error, 1)
	go func() { running <- o.Run(ctx) }()
	eventually(t, func() string {
		if text := told(ctx, "http://"+port+"/readyz"); text != "ok\n" {
			return "it says " + text
		}
		return ""
	})
	cancel()
	if err := <-running; err != nil {
		t.Error(err)
	}
}

// told is what a URL answers, or why it does not.
func told(ctx context.Context, url string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err.Error()
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
