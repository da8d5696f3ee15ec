// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// messagesOf are messages with these bodies.
func messagesOf(bodies ...string) []message {
	var all []message
	for _, b := range bodies {
		all = append(all, message{body: []byte(b)})
	}
	return all
}

// all posts and returns every answer.
func (l load) all(ctx context.Context, p *poster) []answer {
	var answers []answer
	l.run(ctx, p, func(a answer) { answers = append(answers, a) })
	return answers
}

// TestLoad runs on a clock that stands still but where somebody waits.
func TestLoad(t *testing.T) {
	t.Parallel()
	bubble := func(name string, test func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test)
		})
	}
	bubble("keeps to the wanted rate", func(t *testing.T) {
		began, made := time.Now(), []time.Duration(nil)
		p := posterOver(func(*http.Request) (*http.Response, error) {
			made = append(made, time.Since(began).Round(time.Millisecond))
			return answered(http.StatusOK)
		})
		load{messages: messagesOf("a"), count: 6, perSecond: 5, concurrency: 1}.all(t.Context(), p)
		var want []time.Duration
		for i := range 6 {
			want = append(want, time.Duration(i)*200*time.Millisecond)
		}
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("(-want +made)\n%s", diff)
		}
	})
	bubble("keeps to a rate below one", func(t *testing.T) {
		began := time.Now()
		p := posterOver(func(*http.Request) (*http.Response, error) { return answered(http.StatusOK) })
		load{messages: messagesOf("a"), count: 3, perSecond: 0.1, concurrency: 4}.all(t.Context(), p)
		if took := time.Since(began).Round(time.Second); took != 20*time.Second {
			t.Errorf("it took %s, want 20s", took)
		}
	})
	bubble("does not catch up on what slow answers held up", func(t *testing.T) {
		began, made := time.Now(), []time.Duration(nil)
		p := posterOver(func(*http.Request) (*http.Response, error) {
			made = append(made, time.Since(began).Round(time.Millisecond))
			if len(made) == 1 {
				<-time.After(5 * time.Second)
			}
			return answered(http.StatusOK)
		})
		load{messages: messagesOf("a"), count: 5, perSecond: 1, concurrency: 1}.all(t.Context(), p)
		for i := 2; i < len(made)-1; i++ { // the second waited for the first, and the third need not wait for the second
			if pause := made[i+1] - made[i]; pause < time.Second {
				t.Errorf("event %d came %s after the one before", i+1, pause)
			}
		}
	})
	bubble("waits for nothing when no rate is wanted", func(t *testing.T) {
		began := time.Now()
		p := posterOver(func(*http.Request) (*http.Response, error) { return answered(http.StatusOK) })
		load{messages: messagesOf("a"), count: 1000, concurrency: 4}.all(t.Context(), p)
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %s", took)
		}
	})
	bubble("posts as many at a time as wanted, and no more", func(t *testing.T) {
		began := time.Now()
		var busy, busiest atomic.Int32
		p := posterOver(func(*http.Request) (*http.Response, error) {
			now := busy.Add(1)
			defer busy.Add(-1)
			for most := busiest.Load(); now > most && !busiest.CompareAndSwap(most, now); most = busiest.Load() {
			}
			<-time.After(time.Second)
			return answered(http.StatusOK)
		})
		if got := len((load{messages: messagesOf("a"), count: 10, concurrency: 4}).all(t.Context(), p)); got != 10 {
			t.Errorf("%d answers, want 10", got)
		}
		if busiest.Load() != 4 {
			t.Errorf("%d at a time, want 4", busiest.Load())
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %s, want 3s", took)
		}
	})
	bubble("posts the messages in turn, as they are", func(t *testing.T) {
		var bodies []string
		p := posterOver(func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(body))
			return answered(http.StatusOK)
		})
		load{messages: messagesOf("a", "b", "c"), count: 7, concurrency: 1}.all(t.Context(), p)
		if diff := cmp.Diff([]string{"a", "b", "c", "a", "b", "c", "a"}, bodies); diff != "" {
			t.Errorf("(-want +posted)\n%s", diff)
		}
	})
	bubble("makes each event another when it is to be fresh", func(t *testing.T) {
		var mu sync.Mutex
		ids := map[string]bool{}
		p := posterOver(func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			ids[parse(t, body).ID] = true
			return answered(http.StatusOK)
		})
		messages := messagesOf(`{"Event":"activity.created","EventId":"1"}`)
		load{messages: messages, count: 100, fresh: true, concurrency: 4}.all(t.Context(), p)
		if len(ids) != 100 || ids["1"] {
			t.Errorf("%d different events, want 100", len(ids))
		}
	})
	bubble("ends with the answers so far when it is interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		interrupted := io.ErrClosedPipe // any error
		time.AfterFunc(2500*time.Millisecond, func() { cancel(interrupted) })
		p := posterOver(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(time.Second):
				return answered(http.StatusOK)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		began := time.Now()
		var good, cut int
		for _, a := range (load{messages: messagesOf("a"), count: 1000, concurrency: 4}).all(ctx, p) {
			switch {
			case a.status == http.StatusOK:
				good++
			case a.err == interrupted: //nolint:errorlint // it must be shown without anything around it
				cut++
			default:
				t.Errorf("%+v", a)
			}
		}
		if good != 8 || cut != 4 {
			t.Errorf("%d answered and %d cut off, want 8 and 4", good, cut)
		}
		if took := time.Since(began); took != 2500*time.Millisecond {
			t.Errorf("it ended after %s", took)
		}
	})
}
