// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

// TestProgress runs on a clock that stands still but where somebody waits.
func TestProgress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		every time.Duration // an event is done
		last  int           // event, of 10, before the end
		shown string        // what is seen before the end; empty: nothing ever
	}{
		"is not shown of a run that is over at once":     {100 * time.Millisecond, 10, ""},
		"is shown of a run that lasts":                   {500 * time.Millisecond, 10, "(9/10"},
		"is shown from the first event on that lasts":    {2 * time.Second, 10, "(9/10"},
		"is taken away when the run is interrupted, too": {2 * time.Second, 5, "(4/10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var terminal bytes.Buffer
				p := newProgress(&terminal, 10)
				for range test.last - 1 {
					<-time.After(test.every)
					p.add()
				}
				if seen := terminal.String(); test.shown == "" && seen != "" || !strings.Contains(seen, test.shown) {
					t.Errorf("the terminal shows %q, want %q", seen, test.shown)
				}
				<-time.After(test.every)
				p.add()
				p.close()
				// What is left on the line after the last return to its beginning is nothing.
				if seen := terminal.String(); strings.TrimSpace(seen[strings.LastIndexByte(seen, '\r')+1:]) != "" {
					t.Errorf("the terminal still shows %q", seen)
				}
			})
		})
	}
}

// TestNoProgressWithoutTerminal posts for long enough that a person would get to see a bar.
func TestNoProgressWithoutTerminal(t *testing.T) {
	t.Parallel()
	e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // else the clock waits for the open connection, too
	})
	args := to(t, e.URL, "-n", "20", "--rate", "2")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := run(t, args...)
		if s.err != nil || s.stderr != "" {
			t.Errorf("%v, on standard error: %q", s.err, s.stderr)
		}
		if took := time.Since(began).Round(time.Millisecond); took != 9500*time.Millisecond {
			t.Errorf("20 events at 2 per second took %s", took)
		}
	})
	file, err := os.Create(writeFile(t, "log", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if output.IsTerminal(file) {
		t.Error("a file is taken for a terminal")
	}
}
