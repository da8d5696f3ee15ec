// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// transport is a network in which no time passes but that of its function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answered(status int) (*http.Response, error) {
	return &http.Response{StatusCode: status, Body: http.NoBody}, nil
}

// posterOver makes a poster that takes what the network does, and nothing else.
func posterOver(t transport) *poster {
	return &poster{
		transport: t,
		url:       nobody,
		sign:      func(body []byte) string { return superoffice.Sign(superoffice.NewSecret([]byte(secretMarker)), body) },
		timeout:   10 * time.Second,
		wanted:    http.StatusOK,
	}
}

// attempt is one request and when it came.
type attempt struct {
	After time.Duration
	Retry string // the header; empty: absent
}

// attempts are three as SuperOffice makes them: at once, 1 second after the first has failed, and 4 seconds after the
// second has failed (https://docs.superoffice.com/en/automation/webhook/dev/notification.html).
var attempts = []attempt{{0, ""}, {time.Second, "1"}, {5 * time.Second, "2"}}

func TestRetries(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	for name, test := range map[string]struct {
		forged bool
		once   bool          // --retry is not given
		gone   time.Duration // when the command is interrupted
		answer func(attempt int) (*http.Response, error)
		want   []attempt
		status int
	}{
		"are made as SuperOffice makes them, then no more": {
			answer: func(int) (*http.Response, error) { return answered(http.StatusServiceUnavailable) },
			want:   attempts, status: http.StatusServiceUnavailable,
		},
		"are made where nobody answers": {
			answer: func(int) (*http.Response, error) { return nil, refused },
			want:   attempts,
		},
		"are made after any other answer than 200": {
			answer: func(int) (*http.Response, error) { return answered(http.StatusAccepted) },
			want:   attempts, status: http.StatusAccepted,
		},
		"end with success": {
			answer: func(attempt int) (*http.Response, error) {
				if attempt == 1 {
					return answered(http.StatusInternalServerError)
				}
				return answered(http.StatusOK)
			},
			want: attempts[:2], status: http.StatusOK,
		},
		"end with a 410, which tells SuperOffice to stop for good": {
			answer: func(int) (*http.Response, error) { return answered(http.StatusGone) },
			want:   attempts[:1], status: http.StatusGone,
		},
		"of a forged event end when it is refused": {
			forged: true,
			answer: func(int) (*http.Response, error) { return answered(http.StatusUnauthorized) },
			want:   attempts[:1], status: http.StatusUnauthorized,
		},
		"end when the command is interrupted": {
			gone:   3 * time.Second,
			answer: func(int) (*http.Response, error) { return answered(http.StatusServiceUnavailable) },
			want:   attempts[:2], status: http.StatusServiceUnavailable,
		},
		"are not made unless asked for": {
			once:   true,
			answer: func(int) (*http.Response, error) { return answered(http.StatusServiceUnavailable) },
			want:   attempts[:1], status: http.StatusServiceUnavailable,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.gone > 0 {
					time.AfterFunc(test.gone, cancel)
				}
				began, made, same := time.Now(), []attempt(nil), map[string]bool{}
				p := posterOver(func(r *http.Request) (*http.Response, error) {
					body, _ := io.ReadAll(r.Body)
					same[r.Header.Get(superoffice.HeaderEventID)+r.Header.Get(superoffice.HeaderSignature)+string(body)] = true
					made = append(made, attempt{time.Since(began), r.Header.Get(superoffice.HeaderRetry)})
					return test.answer(len(made))
				})
				if test.forged {
					p.wanted = http.StatusUnauthorized
				}
				if !test.once {
					p.retries = superOfficeRetries
				}
				m, err := newMessage(sample(t, superoffice.ActivityCreated))
				if err != nil {
					t.Fatal(err)
				}
				a := p.post(ctx, m)
				if diff := cmp.Diff(test.want, made); diff != "" {
					t.Errorf("attempts (-want +made)\n%s", diff)
				}
				if a.status != test.status || a.attempts != len(test.want) {
					t.Errorf("%d after %d attempts, want %d after %d", a.status, a.attempts, test.status, len(test.want))
				}
				if len(same) != 1 {
					t.Error("the attempts differ in body, EventId or signature")
				}
			})
		})
	}
}

// TestRetryFlag shows that --retry makes these retries: the clock stands still but in the pauses.
func TestRetryFlag(t *testing.T) {
	t.Parallel()
	e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // else the clock waits for the open connection, too
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	args := to(t, e.URL+"/webhook", "--retry", "-o", "json")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := run(t, args...)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %s, want 5s", took)
		}
		agrees(t, s, report{
			Events: 1, Attempts: 3, Answers: map[string]int{"503": 1}, Unexpected: 1, FirstUnexpected: "503 Service Unavailable",
		}, "1 of 1 events were not answered with 200 OK")
	})
	var numbers []string
	for _, r := range e.all() {
		numbers = append(numbers, r.header.Get(superoffice.HeaderRetry))
	}
	if diff := cmp.Diff([]string{"", "1", "2"}, numbers); diff != "" {
		t.Errorf("%s (-want +got)\n%s", superoffice.HeaderRetry, diff)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	stalls := func(ctx context.Context) io.ReadCloser {
		r, w := io.Pipe()
		context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
		return r
	}
	for name, test := range map[string]struct {
		network transport
		want    string
	}{
		"limits the wait for the answer": {
			func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			},
			"timed out after 10s",
		},
		"limits the wait for the answer's end": {
			func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusOK, Body: stalls(r.Context())}, nil
			},
			"read the answer 200: timed out after 10s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				a := posterOver(test.network).post(t.Context(), message{})
				if a.err == nil || a.err.Error() != test.want || a.status != 0 {
					t.Errorf("status %d, error %v, want %q", a.status, a.err, test.want)
				}
				if took := time.Since(began); took != 10*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
	t.Run("is for each attempt anew", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			made := 0
			p := posterOver(func(r *http.Request) (*http.Response, error) {
				if made++; made < 3 {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				return answered(http.StatusOK)
			})
			p.retries = superOfficeRetries
			if a := p.post(t.Context(), message{}); a.status != http.StatusOK || a.attempts != 3 {
				t.Errorf("%+v", a)
			}
		})
	})
}

// TestNoURLInErrors gives the poster what the command's options would have refused.
func TestNoURLInErrors(t *testing.T) {
	t.Parallel()
	p := posterOver(func(*http.Request) (*http.Response, error) { return answered(http.StatusOK) })
	p.url = "http://%zz/?code=" + urlMarker
	a := p.post(t.Context(), message{})
	if want := `invalid URL escape "%zz"`; a.err == nil || a.err.Error() != want {
		t.Errorf("the error is %v, want %q", a.err, want)
	}
}
