// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// A sink that is changed is stopped before, which takes as long as it takes to answer.
func TestNewSecretDoesNotWaitForASlowSink(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}), make(chan struct{})
	first := sync.OnceFunc(func() { close(asked) })
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		first()
		<-release
	}))
	t.Cleanup(sink.Close)
	path := settings(t, func(c *config.Config) {
		s := to("erp", sink.URL)
		s.HTTP.Timeout = config.Duration(5 * time.Minute)
		c.Sinks = []config.Sink{s}
	})
	r := run(t, Options{DataDir: t.TempDir(), ConfigFile: path})
	t.Cleanup(sync.OnceFunc(func() { close(release) }))
	former := r.Status(t.Context()).Config.Hash
	r.accepts(t, "1")
	<-asked

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(filepath.Dir(path), "secret"), "another secret")
	write(t, path, strings.Replace(string(text), "timeout: 5m0s", "timeout: 4m0s", 1))
	eventually(t, func() string {
		if got := r.post(t, posted{secret: "another secret", body: event("2", 0)}); got != http.StatusOK {
			return fmt.Sprintf("what is signed with the new secret is answered with %d", got)
		}
		return ""
	})
	if got := r.post(t, posted{secret: secret, body: event("3", 0)}); got != http.StatusUnauthorized {
		t.Errorf("what is signed with the former secret is answered with %d", got)
	}
	question := secretcheck.Ask(map[string]superoffice.Secret{"current": superoffice.NewSecret([]byte("another secret"))})
	if !r.behind.(*webhook).CheckSecret(question).InForce {
		t.Error("it says that it does not go by the new secret")
	}
	if now := r.Status(t.Context()).Config.Hash; now != former {
		t.Error("the change is through, although the sink has not answered")
	}
}
