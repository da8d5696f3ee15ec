// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"flag"
	"os"
	"strings"
	"testing"
)

// recording is a file of tests for promtool: what a receiver really told, and which alerts that must raise.
const recording = "testdata/recorded.test.yaml"

var record = flag.Bool("record", false, "record anew what a receiver tells; it takes 90 seconds")

// TestAlertsFireOverWhatAReceiverTold plays a recording. Make it anew, when metrics or alerts have changed, by:
// go test ./monitoring -run Told -args -record
func TestAlertsFireOverWhatAReceiverTold(t *testing.T) {
	if *record {
		if err := os.WriteFile(recording, newRecording(t), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	judge(t, "test", "rules", recording)
}

// TestRecordingIsNoOlderThanTheAlerts: what alerts ask for must be in it.
func TestRecordingIsNoOlderThanTheAlerts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(recording)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for word := range strings.FieldsFuncSeq(Alerts, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		if !strings.HasPrefix(word, "superoffice_webhook_") {
			continue
		}
		asked++
		if !strings.Contains(string(text), "'"+word+"{") {
			t.Errorf("it lacks %s", word)
		}
	}
	if asked == 0 {
		t.Error("the alerts ask for nothing")
	}
}
