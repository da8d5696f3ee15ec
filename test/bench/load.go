// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

const (
	secretText = "Name you provided"
	// sampleID is the EventId of the sample, which each event replaces by one of its own.
	sampleID = "6aa6de53-f5c3-4dc6-af3e-746df45573b8"
)

var (
	secret = superoffice.NewSecret([]byte(secretText))
	// numbers makes every event of a run another one.
	numbers atomic.Int64
)

// sample is the body that is posted, SuperOffice's own of activity.created.
func sample() []byte {
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil || !bytes.Contains(body, []byte(sampleID)) {
		panic("the sample is part of the program")
	}
	return body
}

// load is how events are posted.
type load struct {
	address     string
	connections int
	// For how long, or how many events, whichever ends first. 0: no limit.
	duration time.Duration
	events   int64
	// perSecond spreads the events of all connections over time. 0: as fast as they are answered.
	perSecond int
	// posting is called before an event is posted, with its number.
	posting func(number int64)
}

// answers are how a load fared.
type answers struct {
	count     int64
	took      time.Duration
	latencies []time.Duration // sorted
	cpu       time.Duration   // that the server spent meanwhile, where it was asked for
}

// add takes those of another load on the same server in.
func (a *answers) add(b answers) {
	a.count, a.took, a.cpu = a.count+b.count, a.took+b.took, a.cpu+b.cpu
	a.latencies = append(a.latencies, b.latencies...)
	slices.Sort(a.latencies)
}

func (a answers) perSecond() float64 { return float64(a.count) / a.took.Seconds() }

func (a answers) cpuPerEvent() time.Duration { return a.cpu / time.Duration(max(1, a.count)) }

func (a answers) percentile(p float64) time.Duration { return percentile(a.latencies, p) }

func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

// run posts over connections that stay open. Any answer but 200 is an error.
func (l load) run(ctx context.Context) (answers, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if l.duration > 0 {
		ctx, cancel = context.WithTimeout(ctx, l.duration)
		defer cancel()
	}
	var all sync.WaitGroup
	var taken atomic.Int64
	results := make([][]time.Duration, l.connections)
	problems := make([]error, l.connections)
	began := time.Now()
	for i := range l.connections {
		all.Go(func() {
			results[i], problems[i] = l.connection(ctx, began, &taken)
			if problems[i] != nil {
				cancel()
			}
		})
	}
	all.Wait()
	a := answers{took: time.Since(began), latencies: slices.Concat(results...)}
	a.count = int64(len(a.latencies))
	slices.Sort(a.latencies)
	return a, errors.Join(problems...)
}

// connection posts one event after the other.
func (l load) connection(ctx context.Context, began time.Time, taken *atomic.Int64) (latencies []time.Duration, err error) {
	conn, err := net.Dial("tcp", l.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost with it
	reader := bufio.NewReaderSize(conn, 4096)
	p := newPoster()
	for ctx.Err() == nil {
		turn := taken.Add(1)
		if l.events > 0 && turn > l.events {
			return latencies, nil
		}
		if l.perSecond > 0 && !until(ctx, began.Add(time.Duration(turn)*time.Second/time.Duration(l.perSecond))) {
			return latencies, nil
		}
		number := numbers.Add(1)
		request := p.request(number)
		if l.posting != nil {
			l.posting(number)
		}
		sent := time.Now()
		if _, err := conn.Write(request); err != nil {
			return latencies, err
		}
		if err := accepted(reader); err != nil {
			return latencies, err
		}
		latencies = append(latencies, time.Since(sent))
	}
	return latencies, nil
}

// until waits for a moment, and tells whether it came before ctx ended.
func until(ctx context.Context, moment time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(moment)):
		return true
	}
}

// poster writes requests into one buffer, since whoever makes the load must take less time than whoever bears it.
type poster struct {
	body, buffer []byte
	id           int // where in the body the EventId begins
}

func newPoster() *poster {
	body := sample()
	return &poster{body: body, id: bytes.Index(body, []byte(sampleID))}
}

func (p *poster) request(number int64) []byte {
	copy(p.body[p.id:], fmt.Appendf(nil, "%036d", number))
	b := p.buffer[:0]
	b = append(b, "POST /webhook HTTP/1.1\r\nHost: crm.example.com\r\nUser-Agent: SuperOffice Webhooks\r\n"+
		"Content-Type: application/json; charset=utf-8\r\n"+superoffice.HeaderEvent+": activity.created\r\n"+
		superoffice.HeaderSignature+": "...)
	b = append(b, superoffice.Sign(secret, p.body)...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(p.body)), 10)
	b = append(b, "\r\n\r\n"...)
	b = append(b, p.body...)
	p.buffer = b
	return p.buffer
}

// accepted reads an answer and returns an error unless it is 200.
func accepted(r *bufio.Reader) error {
	status, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("the answer was %q", bytes.TrimSpace(status))
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return fmt.Errorf("the length of an answer: %w", err)
			}
		}
	}
	_, err = r.Discard(length)
	return err
}
