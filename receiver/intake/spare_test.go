// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// onlooker is shown all bodies while their requests are under way, and lets other requests be handled while it looks.
type onlooker struct{ t *testing.T }

func (o onlooker) Put(_ context.Context, _ string, key superoffice.DedupKey, m queue.Message) (bool, error) {
	id, _, _ := strings.Cut(key.String(), "/")
	o.look(id, m.Body)
	return false, nil
}

func (o onlooker) Answered(a intake.Answer) { o.look(a.Event.ID, a.Body) }

func (onlooker) Bury(context.Context, string, string, queue.Message) error {
	return errors.New("all hold an event")
}

func (onlooker) Adopt(context.Context, string, superoffice.DedupKey, *queue.Left) error {
	return errors.New("nobody hands over")
}

func (o onlooker) look(id string, body []byte) {
	id = strings.Clone(id)
	for range 4 {
		runtime.Gosched()
		if want := identified(id); !bytes.Equal(body, want) {
			o.t.Errorf("the body of %s is %.60q", id, body)
		}
	}
}

func identified(id string) []byte {
	return fmt.Appendf(nil, `{"Event": "activity.created", "EventId": %q, "Extra": %q}`, id, strings.Repeat(id, 20))
}

// The memory of bodies is used again, but not before everybody who is shown one has seen it.
func TestBodiesDoNotMix(t *testing.T) {
	t.Parallel()
	handler := intake.New(onlooker{t}, rules(), onlooker{t}, logr.Discard())
	var senders sync.WaitGroup
	for sender := range 8 {
		senders.Go(func() {
			for number := range 200 {
				body := identified(fmt.Sprintf("%d-%d", sender, number))
				r := httptest.NewRequest(http.MethodPost, "/webhook", bytes.NewReader(body))
				r.Header.Set(superoffice.HeaderSignature, superoffice.Sign(current, body))
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					t.Errorf("answered %d", w.Code)
				}
			}
		})
	}
	senders.Wait()
}
