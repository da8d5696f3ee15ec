// SPDX-License-Identifier: Apache-2.0

package log

import (
	"bytes"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// trace is where an attempt stands; the request had one of its own.
var trace = sink.Trace{
	Attempt: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	Receipt: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
}

func TestTrace(t *testing.T) {
	var text bytes.Buffer
	m := message(t, created)
	m.Trace = trace
	New(Options{Writer: &text}).Send(t.Context(), m)
	if want := `"traceparent":"` + trace.Attempt + `"`; !strings.Contains(text.String(), want) {
		t.Errorf("it lacks %s: %s", want, text.String())
	}
}
