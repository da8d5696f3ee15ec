// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
)

// The most of a log that kubelet takes for a termination message
// (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/).
const (
	maxLastLines = 80
	maxLastBytes = 2048
)

// lastWords is the termination message of a run that has ended: the end of its log, where the container asks for that and
// failed. A file that the container wrote is not looked for.
func (c *container) lastWords(r *run) string {
	code, _ := r.process.Exit()
	if code == 0 || c.spec.TerminationMessagePolicy != corev1.TerminationMessageFallbackToLogsOnError {
		return ""
	}
	log, err := os.Open(r.log)
	if err != nil {
		return ""
	}
	defer log.Close() //nolint:errcheck // nothing was written
	if info, err := log.Stat(); err == nil && info.Size() > maxLastBytes {
		_, _ = log.Seek(-maxLastBytes, io.SeekEnd)
	}
	text, _ := io.ReadAll(io.LimitReader(log, maxLastBytes))
	lines := bytes.SplitAfter(text, []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-1-maxLastLines):], nil))
}
