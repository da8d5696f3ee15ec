// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// pullWait is after how long the engine answers a request that there was no message for.
	pullWait = 9 * time.Second
	// pullLost is after how long a request or its answer was lost, with a connection or a server.
	pullLost = pullWait + time.Second
	// known is for how long the servers of a cluster may not know yet which of them has a new cursor.
	known = 2 * time.Second
	// minCallers is how many may call at a time at least.
	minCallers = 16
)

// onePull asks for one message, and to wait for one
// (https://docs.nats.io/reference/reference-protocols/nats_api_reference#fetching-messages).
var onePull = fmt.Appendf(nil, `{"batch":1,"expires":%d}`, pullWait)

var errRefused = errors.New("the queue engine refused to hand out a message")

// puller has the engine hand out the messages of one cursor, as many at a time as are waited for. The client library can do
// that too, but makes a subscription, a goroutine and some timers for each message, which takes longer than the engine needs.
type puller struct {
	conn *nats.Conn
	next string // the subject of requests
	room int    // for how many messages

	fetching fetching

	mu       sync.Mutex
	incoming chan *nats.Msg // what comes for all requests alike
	inbox    *nats.Subscription
	waiting  int         // how many wait for a message
	asked    []time.Time // when each request that is not answered yet counts as lost, the oldest first
}

// newPuller makes one for a number of callers at a time; each has one request under way, and may leave behind another one.
func newPuller(conn *nats.Conn, stream, consumer string, callers int) *puller {
	return &puller{conn: conn, next: "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer, room: 2 * max(callers, minCallers)}
}

// pull waits for a message. It can be called at the same time; what comes for a call that has ended is for another one.
func (p *puller) pull(ctx context.Context) (*nats.Msg, error) {
	incoming, err := p.begin()
	if err != nil {
		return nil, err
	}
	defer p.end()
	began := time.Now()
	lost := time.NewTimer(pullLost)
	defer lost.Stop()
	for {
		if err := p.ask(); err != nil {
			return nil, err
		}
		lost.Reset(pullLost)
		select {
		case msg := <-incoming:
			p.answered()
			is, err := isMessage(msg)
			if errors.Is(err, nats.ErrNoResponders) && time.Since(began) < known {
				pause(ctx, known/20)
				continue
			}
			if err == nil {
				p.fetching.works()
			}
			if is || err != nil {
				return msg, err
			}
		case <-lost.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (p *puller) begin() (<-chan *nats.Msg, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inbox == nil {
		incoming := make(chan *nats.Msg, p.room)
		inbox, err := p.conn.ChanSubscribe(p.conn.NewInbox(), incoming)
		if err != nil {
			return nil, err
		}
		p.inbox, p.incoming = inbox, incoming
	}
	p.waiting++
	return p.incoming, nil
}

func (p *puller) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting--
}

// ask sees to it that there are as many requests as wait for a message.
func (p *puller) ask() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for len(p.asked) > 0 && !now.Before(p.asked[0]) {
		p.asked = p.asked[1:]
	}
	for len(p.asked) < p.waiting {
		if err := p.conn.PublishRequest(p.next, p.inbox.Subject, onePull); err != nil {
			return err
		}
		p.asked = append(p.asked, now.Add(pullLost))
	}
	return nil
}

func (p *puller) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) > 0 {
		p.asked = p.asked[1:]
	}
}

// release takes back what is asked for, and gives back what came and nobody waits for. Nobody may be pulling.
func (p *puller) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inbox == nil {
		return
	}
	_ = p.inbox.Unsubscribe() // else what comes for it is handed out anew, a few seconds later
	for len(p.incoming) > 0 {
		msg := <-p.incoming
		if is, _ := isMessage(msg); is {
			_ = p.conn.Publish(msg.Reply, postpone(0))
		}
	}
	p.inbox, p.incoming, p.asked = nil, nil, nil
}

// isMessage tells messages from what the engine says when it has none
// (https://docs.nats.io/reference/reference-protocols/nats_api_reference#fetching-messages).
func isMessage(msg *nats.Msg) (is bool, err error) {
	status := msg.Header.Get("Status")
	if len(msg.Data) > 0 || status == "" {
		return true, nil
	}
	switch status {
	case "100", "404", "408": // there was none for a while
		return false, nil
	case "503":
		return false, nats.ErrNoResponders
	}
	return false, fmt.Errorf("%w: %s %s", errRefused, status, msg.Header.Get("Description"))
}
