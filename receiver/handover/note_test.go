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

	generation = int64(7)

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
	if err := seal(header, secret, generation, l); err != nil {
		t.Fatal(err)
	}
	return header
}

func TestNote(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*queue.Left{
		"of an event for all sinks":  left("{}", func(l *queue.Left) { l.Sinks, l.Everybody = []string{"bi", "erp"}, true }),
		"of an event for some sinks": left("{}", func(l *queue.Left) { l.Sinks = []string{"bi", "erp"} }),
		"of a replayed event":        left("{}", func(l *queue.Left) { l.Sinks, l.Since = []string{"erp"}, noon.Add(time.Minute) }),
		"of a dead letter":           left("{}", died),
		"of authentic rubbish":       left("\xff\x00\n", died),
		"of nothing":                 left("", func(l *queue.Left) { l.Sinks = []string{"erp"} }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, secret := range []superoffice.Secret{current, previous} {
				got, of := Open([]superoffice.Secret{current, previous}, sealed(t, secret, l), l.Body)
				if of != generation {
					t.Errorf("it is of generation %d", of)
				}
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
		got, _ := Open([]superoffice.Secret{current}, header, l.Body)
		if got == nil || !strings.HasPrefix(got.Dead.Reason, "ää") || !strings.HasSuffix(got.Dead.Reason, "ä…") {
			t.Errorf("got %.100v", got)
		}
	})
}

// While an operator is replaced, pods of the former version hand over to those of the next.
func TestNoteOfAFormerVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*queue.Left{
		`{"received":"2026-05-04T12:00:00.000000123Z"}`:                 left("{}", func(l *queue.Left) { l.Everybody = true }),
		`{"received":"2026-05-04T12:00:00.000000123Z","sinks":["erp"]}`: left("{}", func(l *queue.Left) { l.Sinks = []string{"erp"} }),
	} {
		encoded := base64.StdEncoding.EncodeToString([]byte(text))
		header := want.Header.Clone()
		header.Set(HeaderNote, encoded)
		header.Set(HeaderSignature, superoffice.Sign(current.Derive(purpose), signed(encoded, want.Body)))
		got, of := Open([]superoffice.Secret{current}, header, want.Body)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(queue.Left{})); diff != "" || of != 0 {
			t.Errorf("%s, of generation %d (-want +got)\n%s", text, of, diff)
		}
	}
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
			if got, _ := Open(c.secrets, c.header, []byte(c.body)); got != nil {
				t.Errorf("taken for %+v", got)
			}
		})
	}
	if got, _ := Open(both, genuine, l.Body); got == nil {
		t.Error("the genuine one counts for nothing, too")
	}
}
