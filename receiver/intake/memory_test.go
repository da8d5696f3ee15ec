// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
)

// What a request without a signature takes of memory stays near what was sent of it. It is not parallel, so that nothing
// else takes memory meanwhile.
func TestMemoryForStrangers(t *testing.T) {
	megabyte := config.DefaultMaxBodyBytes
	for name, c := range map[string]struct {
		body   string
		length int
		most   int // bytes
	}{
		"a body of 1 MiB is announced, and does not come": {"", megabyte, 128 << 10},
		"a body of 1 MiB is announced, and begins":        {"{", megabyte, 128 << 10},
		"a body of 1 MiB comes":                           {strings.Repeat(" ", megabyte), megabyte, 5 * megabyte},
		"a body of 800 KiB has many members":              {"{" + keys(80_000)[1:] + "}", 0, 5 * megabyte},
	} {
		t.Run(name, func(t *testing.T) {
			h := intake.New(&memory{}, rules(func(r *intake.Rules) { r.MaxBodyBytes = int64(megabyte) }), newCounts(), logr.Discard())
			const times = 10
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range times {
				r := httptest.NewRequest(http.MethodPost, "/webhook", io.NopCloser(strings.NewReader(c.body)))
				r.ContentLength = int64(max(c.length, len(c.body)))
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
			}
			runtime.ReadMemStats(&after)
			if took := int(after.TotalAlloc-before.TotalAlloc) / times; took > c.most {
				t.Errorf("%s are taken for one, want at most %s", kib(took), kib(c.most))
			} else {
				t.Log(kib(took))
			}
		})
	}
}

func kib(bytes int) string { return fmt.Sprintf("%d KiB", bytes>>10) }
