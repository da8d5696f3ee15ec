// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// userAgent is that of the samples at https://docs.superoffice.com/en/automation/webhook/reference/activity-events.html.
const userAgent = "NetServer-Webhook/8.8.6684.1719"

// message is one delivery, before it is signed.
type message struct {
	body    []byte
	event   string // for the header; left out when empty, as is
	eventID string // this
	test    bool
}

// newMessage takes a body as it is; the headers are made from it.
func newMessage(body []byte) (message, error) {
	e, err := superoffice.Parse(body)
	if err != nil {
		return message{}, err
	}
	return message{body: body, event: headerEvent(e), eventID: e.ID, test: e.IsTest()}, nil
}

// headerEvent is the event's name as the header tells it. That of an event about a webhook has the webhook's number in
// it, which the name in the body has not (https://docs.superoffice.com/en/automation/webhook/reference/state-events.html).
func headerEvent(e *superoffice.Event) string {
	if verb, ok := strings.CutPrefix(e.Name, "webhook."); ok {
		return fmt.Sprintf("webhook%d.%s", e.PrimaryKey, verb)
	}
	return e.Name
}

// header returns the headers that SuperOffice sends (https://docs.superoffice.com/en/automation/webhook/dev/notification.html).
// A retry is numbered from 1; the first attempt is 0 and has no number.
func (m message) header(signature string, retry int) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("User-Agent", userAgent)
	h.Set(superoffice.HeaderSignature, signature)
	if m.event != "" {
		h.Set(superoffice.HeaderEvent, m.event)
	}
	if m.eventID != "" {
		h.Set(superoffice.HeaderEventID, m.eventID)
	}
	if m.test {
		h.Set(superoffice.HeaderTest, "true")
	}
	if retry > 0 {
		h.Set(superoffice.HeaderRetry, strconv.Itoa(retry))
	}
	return h
}

var errNoID = errors.New(`there is no "EventId" to replace by a fresh one; --fresh=false posts the body as it is`)

// fresh returns the message as another event: with a new EventId and, where it has one, a new Timestamp. Every other byte
// stays as it is.
func (m message) fresh(id string, now time.Time) (message, error) {
	values, err := locate(m.body, "EventId", "Timestamp")
	if err != nil {
		return message{}, err
	}
	if _, ok := values["EventId"]; !ok {
		return message{}, errNoID
	}
	body := m.body
	// The later one first: what is replaced must not move what is still to be.
	keys := []string{"EventId", "Timestamp"}
	if values["EventId"].start < values["Timestamp"].start {
		keys = []string{"Timestamp", "EventId"}
	}
	replacement := map[string]string{"EventId": id, "Timestamp": now.UTC().Format("2006-01-02T15:04:05.9999999Z")}
	for _, key := range keys {
		if at, ok := values[key]; ok {
			body = bytes.Join([][]byte{body[:at.start], []byte(`"` + replacement[key] + `"`), body[at.end:]}, nil)
		}
	}
	m.body, m.eventID = body, id
	return m, nil
}

type span struct{ start, end int }

// locate finds the values of keys of the outermost object; of a repeated key the last one, as superoffice.Parse reads it.
func locate(body []byte, keys ...string) (map[string]span, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if _, err := d.Token(); err != nil { // the opening brace: the body was parsed before
		return nil, fmt.Errorf("find the values: %w", err)
	}
	found := map[string]span{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("find the values: %w", err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("find the values: %w", err)
		}
		end := int(d.InputOffset())
		for _, wanted := range keys {
			if key != wanted {
				continue
			}
			delete(found, wanted)
			if value[0] == '"' {
				found[wanted] = span{end - len(value), end}
			}
		}
	}
	return found, nil
}
