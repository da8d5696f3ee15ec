// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const goOn = "HTTP/1.1 100 Continue\r\n\r\n"

// A sender that expects 100-continue holds its body back until it is asked for.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request request
		want    intake.Reason
	}{
		"the body is asked for and stored":            {post(created), intake.Stored},
		"the body is asked for before it is verified": {unsigned(created), intake.SignatureMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, rules())
			conn := dial(t, r.address)
			raw := c.request.with("Expect: 100-continue").bytes()
			if _, err := conn.Write(raw[:len(raw)-len(c.request.body)]); err != nil {
				t.Fatal(err)
			}
			from := bufio.NewReader(conn)
			awaitGoOn(t, from)
			if _, err := conn.Write(c.request.body); err != nil {
				t.Fatal(err)
			}
			got, err := readAnswer(from, c.request.method)
			if err != nil {
				t.Fatal(err)
			}
			check(t, c.want, got, c.request.method)
		})
	}
}

func awaitGoOn(t *testing.T, from io.Reader) {
	t.Helper()
	got := make([]byte, len(goOn))
	if _, err := io.ReadFull(from, got); err != nil || string(got) != goOn {
		t.Fatalf("got %q, %v, want to be told to go on", got, err)
	}
}

func TestSetRules(t *testing.T) {
	t.Parallel()
	r := open(t, rules())
	conn := dial(t, r.address)
	underWay := post(padded(limit))
	raw := underWay.with("Expect: 100-continue").bytes()
	if _, err := conn.Write(raw[:len(raw)-len(underWay.body)]); err != nil {
		t.Fatal(err)
	}
	from := bufio.NewReader(conn)
	awaitGoOn(t, from) // so it has begun

	check(t, intake.Stored, post(created).send(t, r.address), "")
	r.handler.SetRules(intake.Rules{
		Path: "/new", MaxBodyBytes: 1024, Events: []string{"contact.created"}, Tenants: []string{"Cust1"},
		Secrets: []config.Slot{{Name: "new", Secret: stranger}},
	})
	ours := event("contact.created", "a", `"ContextIdentifier": "Cust1"`)
	for _, c := range []struct {
		request request
		want    intake.Reason
	}{
		{post(changed), intake.PathUnknown},
		{post(changed).to("/new"), intake.SignatureMismatch},
		{post(padded(limit)).to("/new"), intake.BodyTooLarge},
		{unsigned(changed).signed(stranger).to("/new"), intake.EventNotWanted},
		{unsigned(event("contact.created", "b")).signed(stranger).to("/new"), intake.TenantNotWanted},
		{unsigned(ours).signed(stranger).to("/new"), intake.Stored},
	} {
		check(t, c.want, c.request.send(t, r.address), "")
	}

	if _, err := conn.Write(raw[len(raw)-len(underWay.body):]); err != nil {
		t.Fatal(err)
	}
	got, err := readAnswer(from, "")
	if err != nil {
		t.Fatal(err)
	}
	check(t, intake.Stored, got, "")
	stored := r.next(t)
	if !bytes.Equal(stored.Body, created) {
		t.Errorf("stored %q", stored.Body)
	}
	if stored = r.next(t); !bytes.Equal(stored.Body, underWay.body) { // the cursor does not read contact.created
		t.Errorf("stored %q", stored.Body)
	}
}

// hangUp is a store that waits until the sender has gone, and then stores.
type hangUp struct {
	intake.Store
	reached chan struct{}
	gone    chan struct{}
}

func (h hangUp) Put(ctx context.Context, event string, key superoffice.DedupKey, m queue.Message) (bool, error) {
	close(h.reached)
	<-h.gone
	return h.Store.Put(ctx, event, key, m)
}

func TestHangingUpLosesNothing(t *testing.T) {
	t.Parallel()
	q := openQueue(t, limits)
	cursor, err := q.Cursor(t.Context(), config.Sink{Name: "erp"}, superoffice.ActivityEvents())
	if err != nil {
		t.Fatal(err)
	}
	store := hangUp{q, make(chan struct{}), make(chan struct{})}
	h := intake.New(store, rules(), newCounts(), logr.Discard())
	conn := dial(t, serve(t, h))
	if _, err := conn.Write(post(created).bytes()); err != nil {
		t.Fatal(err)
	}
	<-store.reached
	if err := errors.Join(conn.SetLinger(0), conn.Close()); err != nil { // so that the other end is told at once
		t.Fatal(err)
	}
	close(store.gone)
	r := receiver{queue: q, cursor: cursor}
	r.holds(t, [][]byte{created}, nil)
}

// Requests that come before the ones ahead of them are answered are answered in their order, and the connection serves more
// after them; so does one on which the server had nothing to watch for.
func TestRequestsMayComeAtOnce(t *testing.T) {
	t.Parallel()
	conn := dial(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		runtime.Gosched() // the watch has its turn
		_, _ = w.Write(body)
	})))
	answers := bufio.NewReader(conn)
	for _, bodies := range [][]string{{"one"}, {"two", "three", "four"}, {"five"}, {"six", "seven"}} {
		var raw []byte
		for _, body := range bodies {
			raw = append(raw, post([]byte(body)).bytes()...)
		}
		if _, err := conn.Write(raw); err != nil {
			t.Fatal(err)
		}
		for _, want := range bodies {
			got, err := readAnswer(answers, http.MethodPost)
			if err != nil || got.text != want {
				t.Fatalf("%q is answered to %q, %v", got.text, want, err)
			}
		}
	}
}

// statuses are all that anybody can be answered: by intake, and by Go's server to what is hardly HTTP.
var statuses = []int{200, 400, 401, 404, 405, 413, 415, 417, 431, 501, 503, 505}

func TestNobodyIsToldToGoAwayOrElsewhere(t *testing.T) {
	t.Parallel()
	r := open(t, rules())
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	methods := []string{"POST", "POST", "POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PROPFIND", "PRI", "post", "P\x00", ""}
	parts := []string{"/", "/", "webhook", "webhook", "..", ".", "%2e", "%2f", "%", "?", "#", "//", "http://crm.example.com", "\\", "*", ":", "ü", " ", "~"}
	lines := []string{
		"Content-Length: 2", "Content-Length: 0", "Content-Length: -1", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked",
		"Transfer-Encoding: gzip, chunked", "Content-Encoding: gzip", "Content-Encoding: identity", "Expect: 100-continue", "Expect: a miracle",
		"Connection: close", "Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
		"X-Hook-Test: true", "X-SuperOffice-Signature: " + superoffice.Sign(current, []byte("{}")), "X-SuperOffice-Signature: x", "Host: other",
		"X-Forwarded-Proto: http", "X-HTTP-Method-Override: DELETE", "Range: bytes=0-1", "If-None-Match: *", "If-Modified-Since: x",
		"Origin: null", "Authorization: Basic eDp5", "Cookie: a=b", " folded", "no colon", "X-Large: " + strings.Repeat("x", 64<<10), "\x00: \x00",
	}
	answered := 0
	for range 400 {
		var raw strings.Builder
		path := ""
		for range random.IntN(5) {
			path += pick(parts...)
		}
		fmt.Fprintf(&raw, "%s %s %s\r\n", pick(methods...), pick("/webhook", "/webhook", path), pick("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9"))
		raw.WriteString(pick("Host: crm.example.com\r\n", "Host: crm.example.com\r\n", ""))
		for range random.IntN(5) {
			raw.WriteString(pick(lines...) + "\r\n")
		}
		raw.WriteString("\r\n" + pick("", "{}", "2\r\n{}\r\n0\r\n\r\n", "rubbish"))
		got, err := exchange(dial(t, r.address), []byte(raw.String()), "")
		if errors.Is(err, errFatal) {
			t.Errorf("seed %d, %q: %v", seed, raw.String(), err)
		}
		if err != nil {
			continue // who sends on what nobody reads may lose the answer
		}
		answered++
		if !slices.Contains(statuses, got.status) || got.header.Get("Location") != "" {
			t.Errorf("seed %d, %q is answered %d %v", seed, raw.String(), got.status, got.header)
		}
	}
	if answered < 200 {
		t.Errorf("only %d of 400 requests were answered", answered)
	}
}

func TestServerKeepsComplaintsAboutConnectionsOutOfTheLog(t *testing.T) {
	t.Parallel()
	var lines []string
	logger := func(verbosity int) logr.Logger {
		return funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{Verbosity: verbosity})
	}
	intake.NewServer(nil, logger(0)).ErrorLog.Print("http: TLS handshake error")
	if len(lines) > 0 {
		t.Errorf("by default is logged: %q", lines)
	}
	intake.NewServer(nil, logger(1)).ErrorLog.Print("http: TLS handshake error")
	if len(lines) != 1 || !strings.Contains(lines[0], "http: TLS handshake error") {
		t.Errorf("when asked for is logged: %q", lines)
	}
}
