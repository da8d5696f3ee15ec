// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// operatorLog keeps what the operator and its libraries log at --log-level=debug.
var operatorLog capture

func init() {
	ctrl.SetLogger(operatorLog.logger())
	klog.SetLogger(operatorLog.logger())
}

// capture is a log in memory.
type capture struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *capture) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(line)
}

func (c *capture) logger() logr.Logger {
	return logr.FromSlogHandler(slog.NewJSONHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lines are those that hold a text.
func (c *capture) lines(holding string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []string
	for line := range strings.Lines(c.text.String()) {
		if strings.Contains(line, holding) {
			found = append(found, line)
		}
	}
	return found
}
