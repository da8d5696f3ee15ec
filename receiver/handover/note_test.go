// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

var (
	current  = superoffice.NewSecret([]byte("the current secret"))
	previous = superoffice.NewSecret([]byte("the previous secret"))
	stranger = superoffice.NewSecret([]byte("somebody else's secret"))

	noon = time.Date(2026, 5, 4, 12, 0, 0, 123, time.UTC)
)

func left(body string, change ...func(*queue.Left)) *queue.Left {
	l := &queue.Left{Message: queue.Message{Body: []byte(body), Header: http.Header{"X-Custom": {"one", "two"}}, Received: noon}}
	for _, f := range change {
		f(l)
	}
	return l
}

func died(l *queue.Left) {
	l.Dead = &queue.DeadLetter{
		Sink: "erp", Reason: "the sink answered 400", Answer: "no\r\nsuch", Attempts: 3, Died: noon.Add(time.Hour), Message: l.Message,
	}
}

// sealed is a request that hands over.
func sealed(t *testing.T, secret superoffice.Secret, l *queue.Left) http.Header {
	t.Helper()
	header := l.Header.Clone()
	if err := seal(header, secret, l); err != nil {
		t.Fatal(err)
	}
	return header
}

func TestNote(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*queue.Left{
		"of an event for all sinks":  left("{}"),
		"of an event for some sinks": left("{}", func(l *queue.Left) { l.Sinks = []string{"bi", "erp"} }),
		"of a replayed event":        left("{}", func(l *queue.Left) { l.Sinks, l.Since = []string{"erp"}, noon.Add(time.Minute) }),
		"of a dead letter":           left("{}", died),
		"of authentic rubbish":       left("\xff\x00\n", died),
		"of nothing":                 left(""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, secret := range []superoffice.Secret{current, previous} {
				got := Open([]superoffice.Secret{current, previous}, sealed(t, secret, l), l.Body)
				if diff := cmp.Diff(l, got, cmpopts.IgnoreUnexported(queue.Left{})); diff != "" {
					t.Errorf("(-handed over +arrived)\n%s", diff)
				}
			}
		})
	}
	t.Run("fits into a header, however long the reason", func(t *testing.T) {
		t.Parallel()
		l := left("{}", died)
		l.Dead.Reason, l.Dead.Answer = strings.Repeat("ä", 1<<20), strings.Repeat("\x00", 1<<20)
		header := sealed(t, current, l)
		if n := len(header.Get(HeaderNote)); n > 10<<10 {
			t.Errorf("the note has %d bytes", n)
		}
		got := Open([]superoffice.Secret{current}, header, l.Body)
		if got == nil || !strings.HasPrefix(got.Dead.Reason, "ää") || !strings.HasSuffix(got.Dead.Reason, "ä…") {
			t.Errorf("got %.100v", got)
		}
	})
}

func TestNoteOfAStrangerCountsForNothing(t *testing.T) {
	t.Parallel()
	l := left(`{"Event":"activity.created"}`)
	genuine := sealed(t, current, l)
	with := func(name, value string) http.Header {
		h := genuine.Clone()
		h.Set(name, value)
		return h
	}
	forged := base64.StdEncoding.EncodeToString([]byte(`{"received":"2026-05-04T12:00:00Z","sinks":["erp"]}`))
	both := []superoffice.Secret{current, previous}
	for name, c := range map[string]struct {
		secrets []superoffice.Secret
		header  http.Header
		body    string
	}{
		"no note":                             {both, http.Header{}, string(l.Body)},
		"no signature":                        {both, with(HeaderSignature, ""), string(l.Body)},
		"another secret":                      {both, sealed(t, stranger, l), string(l.Body)},
		"a secret that was replaced":          {both[:1], sealed(t, previous, l), string(l.Body)},
		"an empty secret":                     {[]superoffice.Secret{{}}, sealed(t, superoffice.Secret{}, l), string(l.Body)},
		"another body":                        {both, genuine, string(l.Body) + " "},
		"another note":                        {both, with(HeaderNote, forged), string(l.Body)},
		"the signature that SuperOffice made": {both, with(HeaderSignature, superoffice.Sign(current, l.Body)), string(l.Body)},
		"a note that SuperOffice might sign": {both, with(HeaderSignature,
			superoffice.Sign(current, signed(genuine.Get(HeaderNote), l.Body))), string(l.Body)},
		"a note that runs into the body": {both, with(HeaderNote, genuine.Get(HeaderNote)+"\n"+string(l.Body)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Open(c.secrets, c.header, []byte(c.body)); got != nil {
				t.Errorf("taken for %+v", got)
			}
		})
	}
	if Open(both, genuine, l.Body) == nil {
		t.Error("the genuine one counts for nothing, too")
	}
}
