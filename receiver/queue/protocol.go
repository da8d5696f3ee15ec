// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// What is here is the part of the client protocol that wire needs
// (https://docs.nats.io/reference/reference-protocols/nats-protocol).

// wireHello opens a connection: what the client can do, where answers are expected, and a question whose answer shows that
// all of this was understood.
const wireHello = `CONNECT {"verbose":false,"pedantic":false,"protocol":1,"headers":true,"no_responders":true,"echo":true,"lang":"go",` +
	`"name":"store"}` + "\r\nSUB " + wireReply + "* 1\r\nPING\r\n"

var errProtocol = errors.New("the queue engine said what is not expected")

// greet opens a connection.
func greet(conn net.Conn, answers *bufio.Reader) error {
	if err := conn.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		return err
	}
	if _, err := answers.ReadSlice('\n'); err != nil { // INFO, which holds nothing that is not known
		return err
	}
	if _, err := conn.Write([]byte(wireHello)); err != nil {
		return err
	}
	for {
		line, err := answers.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case bytes.HasPrefix(line, []byte("PONG")):
			return conn.SetDeadline(time.Time{})
		case bytes.HasPrefix(line, []byte("-ERR")):
			return fmt.Errorf("%w: %s", errProtocol, bytes.TrimSpace(line))
		}
	}
}

// appendPublish writes a message whose answer is to come under a number.
func appendPublish(to []byte, r *record, header []byte, number int) []byte {
	to = append(to, "PUB "...)
	to = append(to, r.subject...)
	to = append(to, " "+wireReply...)
	to = strconv.AppendInt(to, int64(number), 10)
	to = append(to, ' ')
	to = strconv.AppendInt(to, int64(len(header)+len(r.body)), 10)
	to = append(to, "\r\n"...)
	to = append(to, header...)
	to = append(to, r.body...)
	return append(to, "\r\n"...)
}

// parseAnswer reads "MSG subject sid size" and "HMSG subject sid header size", which the engine separates by single spaces.
func parseAnswer(line []byte) (number, header, size int, err error) {
	rest, withHeader := bytes.CutPrefix(line, []byte("H"))
	rest, known := bytes.CutPrefix(rest, []byte("MSG "+wireReply))
	number, rest, ok := cutNumber(rest)
	_, rest, subscribed := cutNumber(rest)
	if ok = ok && known && subscribed; ok && withHeader {
		header, rest, ok = cutNumber(rest)
	}
	if ok {
		size, rest, ok = cutNumber(rest)
	}
	if !ok || header > size || string(rest) != "\n" {
		return 0, 0, 0, errProtocol
	}
	return number, header, size, nil
}

// cutNumber reads the digits at the beginning of a line, and what follows the byte behind them.
func cutNumber(line []byte) (number int, rest []byte, ok bool) {
	for i, c := range line {
		if c < '0' || c > '9' {
			return number, line[i+1:], i > 0
		}
		if number = number*10 + int(c-'0'); number > maxPayload {
			break
		}
	}
	return 0, nil, false
}

// stored is how the answer to a message that is stored begins. A refusal begins with the error.
var stored = []byte(`{"stream":"`)

// verdict is nil when the engine has stored the message.
func verdict(answer []byte) error {
	if bytes.HasPrefix(answer, stored) {
		return nil
	}
	if len(answer) == 0 { // of the server itself, which found nobody to give the message to
		return jetstream.ErrNoStreamResponse
	}
	var refusal struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer, &refusal); err != nil || refusal.Error == nil {
		return errProtocol
	}
	return refusal.Error
}
