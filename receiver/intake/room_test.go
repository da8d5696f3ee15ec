// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
)

// many are handlers that share the room of one server.
func many(n int) []*intake.Handler {
	room := intake.NewRoom()
	handlers := make([]*intake.Handler, n)
	for i := range handlers {
		handlers[i] = intake.New(&memory{}, rules(func(r *intake.Rules) { r.MaxBodyBytes = config.DefaultMaxBodyBytes }), newCounts(), logr.Discard())
		handlers[i].Within(room.Share())
	}
	return handlers
}

// holder holds requests whose bodies lack the last byte until it lets go.
type holder struct {
	last    chan struct{}
	waiting sync.WaitGroup
}

func (h *holder) hold(handler http.Handler, body []byte) (answer <-chan int) {
	came, answered := make(chan struct{}), make(chan int, 1)
	h.waiting.Go(func() {
		defer close(answered)
		code := answerTo(handler, &slow{all: bytes.NewReader(body), came: func() { close(came) }, last: h.last})
		answered <- code
	})
	select {
	case <-came: // it waits
	case code := <-answered:
		refused := make(chan int, 1)
		refused <- code
		return refused
	}
	return answered
}

func answerTo(handler http.Handler, body io.Reader) int {
	r := httptest.NewRequest(http.MethodPost, "/webhook", io.NopCloser(body))
	r.ContentLength = -1
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

// A webhook may have as much as is left: half when one floods, a third each when two do, and none takes all.
func TestRoomIsShared(t *testing.T) {
	t.Parallel()
	const large = 512 << 10
	for _, c := range []struct {
		name     string
		floods   int
		body     string
		all, per int // what one body takes of what there is
	}{
		{"bodies, when one floods", 1, strings.Repeat(" ", large), intake.MaxHeldBytes, large - 16<<10},
		{"bodies, when two flood", 2, strings.Repeat(" ", large), intake.MaxHeldBytes, large - 16<<10},
		{"bodies, when five flood", 5, strings.Repeat(" ", large), intake.MaxHeldBytes, large - 16<<10},
		{"requests, when one floods", 1, "x", intake.MaxConnections, 1},
		{"requests, when three flood", 3, "x", intake.MaxConnections, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			handlers := many(c.floods + 1)
			h := &holder{last: make(chan struct{})}
			held := make([]int, c.floods)
			for refused := 0; refused < c.floods; { // they flood in turns until each is refused
				refused = 0
				for i := range held {
					select {
					case code, answered := <-h.hold(handlers[i], []byte(c.body)):
						if answered && code == http.StatusServiceUnavailable {
							refused++
							continue
						}
						t.Fatalf("answered with %d", code)
					default:
						held[i]++
					}
				}
			}
			share := c.all / (c.floods + 1) / c.per
			for i, n := range held {
				if n > share+1 || n < share-c.floods-1 {
					t.Errorf("webhook %d holds %d, want about %d", i, n, share)
				}
			}
			if code := answerTo(handlers[c.floods], strings.NewReader(c.body)); code != http.StatusUnauthorized {
				t.Errorf("one that does not flood answers %d", code)
			}
			close(h.last)
			h.waiting.Wait()
			if code := answerTo(handlers[0], strings.NewReader(c.body)); code != http.StatusUnauthorized {
				t.Errorf("afterwards it answers %d", code)
			}
		})
	}
}

// Where there is no webhook to receive a request, it is counted all the same.
func TestAlways(t *testing.T) {
	t.Parallel()
	counts := newCounts()
	if code := answerTo(intake.Always(intake.PathUnknown, counts), strings.NewReader("x")); code != http.StatusNotFound {
		t.Errorf("answered with %d", code)
	}
	counts.await(t, map[intake.Reason]int{intake.PathUnknown: 1})
}
