// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// tap takes one connection, answers 200 and hands over what came, byte for byte.
func tap(t *testing.T) (address string, came <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	bytesSent := make(chan string, 1)
	go func() {
		defer close(bytesSent)
		conn, err := listener.Accept()
		if err != nil {
			return // the test ended before
		}
		defer conn.Close()
		var seen bytes.Buffer
		request, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &seen)))
		if err == nil {
			_, err = io.Copy(io.Discard, request.Body)
		}
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		bytesSent <- seen.String()
	}()
	return listener.Addr().String(), bytesSent
}

// TestWire holds requests against those that the documentation prints. Headers have no order.
func TestWire(t *testing.T) {
	t.Parallel()
	always := []string{"Content-Type: application/json; charset=utf-8", "User-Agent: NetServer-Webhook/8.8.6684.1719"}
	signed := func(body string) string {
		return "X-Superoffice-Signature: " + superoffice.Sign(superoffice.NewSecret([]byte(secretMarker)), []byte(body))
	}
	for name, test := range map[string]struct {
		secret string // another than the marker
		user   string // in the URL
		body   string // of the file to post
		args   []string
		want   func(body string) []string // headers that are not on each request
	}{
		"the one sample whose signature is known to be right is sent with just this signature": {
			secret: fixtures.SignedSecret,
			body:   string(fixtures.SignedBody()),
			want: func(string) []string {
				return []string{
					"X-Superoffice-Event: associate.created",
					"X-Superoffice-Eventid: 52b8311e-745b-49a0-83eb-a9159635a307",
					"X-Superoffice-Signature: " + fixtures.SignedSignature,
				}
			},
		},
		"a test event is marked": {
			body: string(sample(t, superoffice.Test)),
			want: func(body string) []string {
				return []string{
					"X-Hook-Test: true",
					"X-Superoffice-Event: test",
					"X-Superoffice-Eventid: 4b5ce038-50f2-4796-bdb2-f96908cf31c2",
					signed(body),
				}
			},
		},
		"any event is marked as a test when asked for": {
			body: `{"Event":"activity.created","EventId":"1"}`,
			args: []string{"--test"},
			want: func(body string) []string {
				return []string{"X-Hook-Test: true", "X-Superoffice-Event: activity.created", "X-Superoffice-Eventid: 1", signed(body)}
			},
		},
		"an event about a webhook has its number in the header, not in the body": {
			body: string(sample(t, "webhook.errors")),
			want: func(body string) []string {
				return []string{
					"X-Superoffice-Event: webhook66.errors",
					"X-Superoffice-Eventid: 1848cc1f-d395-49ba-9b35-04a9269996d4",
					signed(body),
				}
			},
		},
		"an event without an EventId has no such header": {
			body: string(sample(t, "sale.deleted")),
			want: func(body string) []string { return []string{"X-Superoffice-Event: sale.deleted", signed(body)} },
		},
		"the user and password of the URL go into a header": {
			user: "user:" + urlMarker + "@",
			body: `{"Event":"activity.created","EventId":"1"}`,
			want: func(body string) []string {
				return []string{
					"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+urlMarker)),
					"X-Superoffice-Event: activity.created", "X-Superoffice-Eventid: 1", signed(body),
				}
			},
		},
		"what is no event has neither": {
			body: "{\r\n}\n",
			args: []string{"--unchecked"},
			want: func(body string) []string { return []string{signed(body)} },
		},
		"an empty file is an empty body": {
			args: []string{"--unchecked"},
			want: func(body string) []string { return []string{signed(body)} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, came := tap(t)
			args := to(t, "http://"+test.user+address+"/webhook", append(test.args, "-f", writeFile(t, "body", test.body))...)
			if test.secret != "" {
				args = append(args, "--secret-file", writeFile(t, "secret", test.secret))
			}
			if s := run(t, args...); s.err != nil {
				t.Fatalf("%v\n%s", s.err, s.stdout)
			}
			head, body, _ := strings.Cut(<-came, "\r\n\r\n")
			if diff := cmp.Diff(test.body, body); diff != "" {
				t.Errorf("the body (-file +sent)\n%s", diff)
			}
			lines := strings.Split(head, "\r\n")
			if want := "POST /webhook?code=" + urlMarker + " HTTP/1.1"; lines[0] != want {
				t.Errorf("the request is %q, want %q", lines[0], want)
			}
			want := append(test.want(test.body), always...)
			want = append(want, "Host: "+address, fmt.Sprintf("Content-Length: %d", len(test.body)))
			slices.Sort(want)
			got := slices.Sorted(slices.Values(lines[1:]))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the headers (-want +sent)\n%s", diff)
			}
		})
	}
}
