// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/feed"
)

const (
	// writeTimeout is how long one line may take to be written: who reads slower has gone or hinders nobody else by going.
	writeTimeout = 10 * time.Second
	// beat is how often a line is written at least, so that a reader who has gone is noticed.
	beat = 15 * time.Second
)

// Events can be listened to.
type Events interface {
	Listen(bodies bool) (*feed.Listener, error)
}

// stream writes a line for each thing that happens, until whoever asked hangs up or is too slow.
func stream(events Events) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := parametersOf(r)
		bodies := p.flag("bodies")
		if err := p.err(); err != nil {
			refuse(w, err)
			return
		}
		listener, err := events.Listen(bodies)
		if err != nil {
			writeJSON(w, http.StatusServiceUnavailable, deadletter.Failure{Error: err.Error()})
			return
		}
		defer listener.Close()
		l := &lines{w: w, control: http.NewResponseController(w)}
		_ = l.control.SetReadDeadline(time.Time{}) // the server's is for requests, and this one has come
		w.Header().Set("Content-Type", "application/x-ndjson")
		w.WriteHeader(http.StatusOK)
		if l.write(nil) {
			l.pass(r.Context(), listener)
		}
	}
}

// lines writes each at once.
type lines struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (l *lines) pass(ctx context.Context, listener *feed.Listener) {
	alive := time.NewTicker(beat)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-alive.C:
			if !l.write([]byte("\n")) {
				return
			}
		case e, open := <-listener.Events():
			if !open {
				l.writeEvent(feed.Event{Time: time.Now().UTC(), Stage: feed.Dropped})
				return
			}
			listener.Took(e)
			if !l.writeEvent(e) {
				return
			}
		}
	}
}

func (l *lines) writeEvent(e feed.Event) bool {
	line, err := json.Marshal(e)
	return err == nil && l.write(append(line, '\n'))
}

func (l *lines) write(line []byte) bool {
	_ = l.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := l.w.Write(line)
	return err == nil && l.control.Flush() == nil
}
