// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"strings"

	"github.com/go-logr/logr"
)

// criticalWriteError is how the engine tells that a write failed. From then on it answers nothing that is to be stored
// until it is started anew, and its log is the only place where it says so (nats-server v2.15, setWriteErrLocked).
const criticalWriteError = "critical write error"

// engineLog passes the engine's log on: errors at the default level, the rest only when asked for.
type engineLog struct {
	log    logr.Logger
	failed *failure
}

func (l engineLog) Noticef(format string, v ...any) { l.log.V(2).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Debugf(format string, v ...any)  { l.log.V(3).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Tracef(format string, v ...any)  { l.log.V(4).Info(fmt.Sprintf(format, v...)) }
func (l engineLog) Warnf(format string, v ...any) {
	l.log.V(1).Info(fmt.Sprintf(format, v...))
}

func (l engineLog) Errorf(format string, v ...any) {
	err := fmt.Errorf(format, v...) //nolint:err113 // the engine gives text, not errors
	if strings.Contains(strings.ToLower(err.Error()), criticalWriteError) {
		l.failed.tell()
	}
	l.log.Error(err, "queue engine")
}

func (l engineLog) Fatalf(format string, v ...any) { l.Errorf(format, v...) }
