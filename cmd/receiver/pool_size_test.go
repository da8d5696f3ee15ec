// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestPoolSize has a hundred webhooks in one process. Each takes a fraction of what a process takes, whose parts they share.
func TestPoolSize(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred webhooks take some seconds")
	}
	const many = 100
	sink := serve(t, nil)
	single, _ := idle(t, mountPool(t, map[string]*config.Config{"w0": one("w0", raw("sink", sink.URL))}))
	all := map[string]*config.Config{}
	for i := range many {
		name := fmt.Sprintf("w%d", i)
		all[name] = one(name, raw("sink", sink.URL))
	}
	v := mountPool(t, all)
	whole, r := idle(t, v)
	each := (whole - single) / (many - 1)
	t.Logf("a process with one webhook has %d KiB, with %d it has %d KiB: %d KiB for each", single>>10, many, whole>>10, each>>10)
	if len(buildFlags) == 0 && each > 1<<20 {
		t.Errorf("a webhook takes %d KiB, more than 1 MiB", each>>10)
	}
	p := newPoster(t)
	for name := range all {
		r.takes(t, p, name, fresh(t, superoffice.ActivityCreated))
	}
	eventually(t, func() string {
		if n := len(sink.got()); n < many {
			return fmt.Sprintf("%d of %d events have come", n, many)
		}
		return ""
	})
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// idle starts a process, and tells how many bytes it has in memory once it receives.
func idle(t *testing.T, v *volume) (bytes int64, r *receiver) {
	t.Helper()
	began := time.Now()
	r = startPool(t, v, t.TempDir())
	t.Logf("it receives %v webhooks after %s", r.logs(t, "receiving")["webhooks"], time.Since(began).Round(time.Millisecond))
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.PID()))
	if err != nil {
		t.Skip("only Linux tells what a process has in memory")
	}
	kib, err := strconv.ParseInt(string(resident.FindSubmatch(text)[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10, r
}
