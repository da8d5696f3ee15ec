// SPDX-License-Identifier: Apache-2.0

package log

import (
	"bytes"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

func TestTrace(t *testing.T) {
	var text bytes.Buffer
	m := message(t, created)
	m.Trace = sinktest.Trace
	New(Options{Writer: &text}).Send(t.Context(), m)
	if want := `"traceparent":"` + sinktest.Trace.Attempt + `"`; !strings.Contains(text.String(), want) {
		t.Errorf("it lacks %s: %s", want, text.String())
	}
}
