// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestServerAnswersTheAPIServerOnly(t *testing.T) {
	t.Parallel()
	n := start(t, pods{})
	t.Run("but nobody without a certificate", func(t *testing.T) {
		t.Parallel()
		if response, err := n.request(t, n.client(t, nil, ""), http.MethodGet, "/containerLogs/shop/web/main"); err == nil {
			response.Body.Close()
			t.Errorf("status %s", response.Status)
		}
	})
	t.Run("but nobody with a certificate of others", func(t *testing.T) {
		t.Parallel()
		if response, err := n.request(t, n.client(t, newAuthority(t), apiServer), http.MethodGet, "/containerLogs/shop/web/main"); err == nil {
			response.Body.Close()
			t.Errorf("status %s", response.Status)
		}
	})
	t.Run("but nobody else whom the cluster knows", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/containerLogs/shop/web/main", "/portForward/shop/web", "/exec/shop/web/main", "/"} {
			response, err := n.request(t, n.client(t, n.authority, "admin"), http.MethodPost, path)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if want := "only " + apiServer + " is answered here\n"; response.StatusCode != http.StatusForbidden || string(body) != want {
				t.Errorf("%s: status %s: %s", path, response.Status, body)
			}
		}
	})
}

func TestServerRefuses(t *testing.T) {
	t.Parallel()
	n := start(t, pods{})
	for name, c := range map[string]struct {
		path   string
		status int
		want   string
	}{
		"to run programs":               {"/exec/shop/web/main?command=true", 501, "exec is not offered"},
		"to attach":                     {"/attach/shop/web/main", 501, "attach is not offered"},
		"to run programs as of old":     {"/run/shop/web/main", 501, "run is not offered"},
		"logs of unknown containers":    {"/containerLogs/shop/web/main", 400, "container main of pod shop/web: not found on this node"},
		"to forward to unknown pods":    {"/portForward/shop/missing", 404, "pod missing: not found on this node"},
		"to tell of anything else":      {"/pods", 404, ""},
		"logs of a pod without a name":  {"/containerLogs/shop", 404, ""},
		"logs of times":                 {"/containerLogs/shop/web/main?timestamps=true", 400, "timestamps is not offered"},
		"logs since some seconds":       {"/containerLogs/shop/web/main?sinceSeconds=3", 400, "sinceSeconds is not offered"},
		"logs since a time":             {"/containerLogs/shop/web/main?sinceTime=2026-01-01T00:00:00Z", 400, "sinceTime is not offered"},
		"logs of one stream of the two": {"/containerLogs/shop/web/main?stream=Stderr", 400, "stream is not offered"},
		"a number of lines that is none": {
			"/containerLogs/shop/web/main?tailLines=x", 400, `tailLines is no number: "x"`,
		},
		"a number of bytes below none": {"/containerLogs/shop/web/main?limitBytes=-1", 400, `limitBytes is no number: "-1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body := n.get(t, c.path)
			if status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("status %d: %s, want %d with %q", status, body, c.status, c.want)
			}
		})
	}
}
