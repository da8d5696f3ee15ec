// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// writeRelease makes TestRelease write a directory of this very code's instead of reading those of former ones. To add one
// before a release: go test ./receiver/queue -run TestRelease -args -write-release testdata/release-NAME.tar.gz
var writeRelease = flag.String("write-release", "", "write a queue directory to this file")

// forGood is a retention that no file in testdata outlives.
var forGood = config.Queue{
	MaxBytes:        64 << 20,
	MaxAge:          config.Duration(100 * 365 * 24 * time.Hour),
	DuplicateWindow: config.Duration(100 * 365 * 24 * time.Hour),
}

// The events of a release's directory, by what became of each.
var (
	releaseKeys = []string{"both have it", "bi has it", "erp waits for another attempt", "erp buried it", "erp gets it again", "nobody has it"}
	received    = time.Date(2026, 11, 26, 12, 0, 0, 123456789, time.UTC)
)

func releaseMessage(key string) Message {
	return Message{Body: []byte("{\r\n\t\"" + key + "\"}"), Header: http.Header{"X-Test": {key, "and more"}}, Received: received}
}

// TestRelease opens directories that the code of former releases has left, as a pod does whose volume outlives an upgrade.
func TestRelease(t *testing.T) {
	t.Parallel()
	if *writeRelease != "" {
		dir := t.TempDir()
		leaveRelease(t, dir)
		pack(t, dir, *writeRelease)
		return
	}
	archives, err := filepath.Glob("testdata/release-*.tar.gz")
	if err != nil || len(archives) == 0 {
		t.Fatalf("there is nothing to open: %v", err)
	}
	for _, archive := range archives {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			unpack(t, archive, dir)
			findRelease(t, dir)
		})
	}
}

// leaveRelease leaves a queue whose sinks have got different parts of what was stored.
func leaveRelease(t *testing.T, dir string) {
	t.Helper()
	q := open(t, dir, forGood)
	erp, bi := openCursor(t, q, "erp"), openCursor(t, q, "bi")
	for _, key := range releaseKeys {
		if _, err := q.Put(t.Context(), created, superoffice.DedupKey(key), releaseMessage(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Bury(t.Context(), "no event", "fingerprint", releaseMessage("of intake")); err != nil {
		t.Fatal(err)
	}
	for range releaseKeys[:5] {
		settle(t, next(t, bi), "")
	}
	for _, end := range []string{"", "retry", "retry", "bury", "bury"} {
		settle(t, next(t, erp), end)
	}
	letters, err := q.DeadLetters(t.Context(), "erp", 0, 10)
	if err != nil || len(letters) != 2 {
		t.Fatalf("%d dead letters: %v", len(letters), err)
	}
	if err := q.Replay(t.Context(), letters[1].ID); err != nil {
		t.Fatal(err)
	}
	q.Close()
}

func settle(t *testing.T, d *Delivery, end string) {
	t.Helper()
	err := error(nil)
	switch end {
	case "retry":
		err = d.Retry(time.Nanosecond)
	case "bury":
		err = d.Bury(t.Context(), "refused", "no such record")
	default:
		err = d.Ack()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// findRelease opens what leaveRelease left and finds all of it.
func findRelease(t *testing.T, dir string) {
	t.Helper()
	q := open(t, dir, forGood)
	erp, bi := openCursor(t, q, "erp"), openCursor(t, q, "bi")
	if s := stats(t, q); s.Events != 7 || s.DeadLetters["erp"] != 1 || s.DeadLetters[""] != 1 {
		t.Errorf("the figures: %+v", s)
	}
	for _, key := range releaseKeys {
		if duplicate, err := q.Put(t.Context(), created, superoffice.DedupKey(key), releaseMessage(key)); err != nil || !duplicate {
			t.Errorf("%s is not recognised when it comes again: %v", key, err)
		}
	}
	if got := backlog(t, bi); got.Pending != 1 || !got.Oldest.Equal(received) {
		t.Errorf("the backlog of bi: %+v", got)
	}
	compare(t, next(t, bi), "nobody has it", 1)

	attempts := map[string]int{"bi has it": 2, "erp waits for another attempt": 2, "nobody has it": 1, "erp gets it again": 1}
	for want := len(attempts); want > 0; want-- {
		d := next(t, erp)
		key := d.Header.Get("X-Test")
		attempt, expected := attempts[key]
		if !expected {
			t.Fatalf("%q came, attempt %d", key, d.Attempt)
		}
		if replayed := !d.Since.Equal(received); replayed != (key == "erp gets it again") {
			t.Errorf("%s: its age counts from %s", key, d.Since)
		}
		compare(t, d, key, attempt)
		delete(attempts, key)
	}
	nothing(t, erp)

	letters, err := q.DeadLetters(t.Context(), "", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []DeadLetter{
		{ID: 1, Reason: "no event", Message: releaseMessage("of intake")},
		{ID: 2, Sink: "erp", Reason: "refused", Answer: "no such record", Attempts: 1, Message: releaseMessage("erp buried it")},
	}
	for i := range letters {
		if letters[i].Died.IsZero() {
			t.Errorf("dead letter %d does not tell when it died", letters[i].ID)
		}
		letters[i].Died = time.Time{}
	}
	if diff := cmp.Diff(want, letters); diff != "" {
		t.Errorf("the dead letters (-want +got)\n%s", diff)
	}
	if err := q.Replay(t.Context(), 2); err != nil {
		t.Error(err)
	}
	compare(t, next(t, erp), "erp buried it", 1)
}

func compare(t *testing.T, d *Delivery, key string, attempt int) {
	t.Helper()
	if diff := cmp.Diff(releaseMessage(key), d.Message); diff != "" {
		t.Errorf("%s (-want +got)\n%s", key, diff)
	}
	if d.Attempt != attempt {
		t.Errorf("%s: attempt %d, want %d", key, d.Attempt, attempt)
	}
	settle(t, d, "")
}

func pack(t *testing.T, dir, archive string) {
	t.Helper()
	run(t, "tar", "--create", "--gzip", "--file", archive, "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--directory", dir, ".")
}

func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	if _, err := os.Stat(archive); err != nil {
		t.Fatal(err)
	}
	run(t, "tar", "--extract", "--gzip", "--file", archive, "--directory", dir)
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}
