// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// ErrFull: there is no room for another message. Nothing was stored, nothing was dropped.
var ErrFull = errors.New("the queue is full")

const (
	// lastChance is how much longer than configured an event is kept. A sink's maximum age can be that of the
	// queue, and then delivery must come first with moving the event to the dead letters.
	lastChance = time.Minute
	// maxKey is the longest key that is kept as it is.
	maxKey = 256
	// maxStoring is how many messages may wait for the engine at a time; more than requests can be under way.
	maxStoring = 1 << 16
	// storeTimeout is after how long a message is forgotten that the engine does not answer for. Whoever stores it has given
	// up long before.
	storeTimeout = time.Minute
	// roomy is what one more message of an ordinary size takes.
	roomy = 4096
	// electionTime is for how long a cluster is asked again that has no leader for the stream; less than SuperOffice is kept
	// waiting. electionPause is waited in between.
	electionTime, electionPause = 4 * time.Second, 50 * time.Millisecond
	// healthTimeout is how long the engine may take to say how it is; less than a probe of readiness waits.
	healthTimeout = 2 * time.Second
)

// Queue is an open queue. Its methods can be called at the same time.
type Queue struct {
	engine *engine
	disk   *disk   // the server's; nil when the engine is a cluster
	recent *recent // nil likewise
	names  names
	js     jetstream.JetStream
	events jetstream.Stream
	dead   jetstream.Stream
	log    logr.Logger

	mu      sync.Mutex
	cfg     config.Queue
	cursors map[string]*Cursor

	synced atomic.Bool // config.Queue's Sync

	made                         time.Time // when the stream of events was made, at the trimmer's last look
	healedStreams, healedCursors atomic.Int64

	stopTrimmer context.CancelFunc
	trimmer     sync.WaitGroup
}

// Open opens a queue of this process alone in a directory, which it creates where there is none. A directory whose process
// was killed opens with everything that was acknowledged in it. One that another process has open gives ErrInUse.
func Open(ctx context.Context, dir string, cfg config.Queue, log logr.Logger) (*Queue, error) {
	s, err := Serve(dir, log)
	if err != nil {
		return nil, err
	}
	q, err := s.Open(ctx, "", cfg, log)
	if err != nil {
		s.Close()
		return nil, err
	}
	q.engine.alone = true
	return q, nil
}

func (q *Queue) use(conn *nats.Conn) (err error) {
	q.js, err = jetstream.New(conn,
		jetstream.WithPublishAsyncMaxPending(maxStoring), jetstream.WithPublishAsyncTimeout(storeTimeout))
	if err != nil {
		return fmt.Errorf("connect to the queue engine: %w", err)
	}
	return nil
}

func (q *Queue) startTrimmer() {
	trimming, stop := context.WithCancel(context.Background())
	q.stopTrimmer = stop
	t := &trimmer{queue: q}
	if !q.Shared() {
		t.expiry, t.clock = newExpiry(q), clockwatch{time.Now()}
	}
	q.trimmer.Go(func() { t.run(trimming) })
}

// Configure sets limits, also while the queue is in use. Messages that are older than a shortened maximum age go. In a
// cluster limits only grow.
func (q *Queue) Configure(ctx context.Context, cfg config.Queue) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	stream := jetstream.StreamConfig{
		Name:       q.names.events,
		Subjects:   []string{q.names.event + ">", q.names.replay + ">"},
		Storage:    jetstream.FileStorage,
		Retention:  jetstream.LimitsPolicy,
		Discard:    jetstream.DiscardNew, // refuse the newest, which its sender still has, rather than drop the oldest
		MaxBytes:   cfg.MaxBytes,
		MaxAge:     cfg.MaxAge.Std() + lastChance,
		Duplicates: cfg.DuplicateWindow.Std(),
		Replicas:   1,
	}
	deadAge := cfg.MaxAge.Std()
	if q.Shared() {
		stream.Replicas = cfg.JetStream.Replicas
	} else {
		stream.MaxAge, deadAge = 0, 0 // see expiry
	}
	events, err := q.openStream(ctx, stream)
	if err != nil {
		return fmt.Errorf("open the stream of events: %w", err)
	}
	stream.Name, stream.Subjects, stream.MaxAge = q.names.dead, []string{q.names.letter + ">"}, deadAge
	dead, err := q.openStream(ctx, stream)
	if err != nil {
		return fmt.Errorf("open the stream of dead letters: %w", err)
	}
	q.events, q.dead, q.cfg = events, dead, cfg
	q.synced.Store(cfg.Sync)
	if q.recent != nil {
		q.recent.setWindow(cfg.DuplicateWindow.Std())
	}
	return nil
}

// Put stores a message for every sink that wants the event. When it returns without error, the message is stored, or
// duplicate says that it already was. ErrFull tells that there is no room. After any other error the message may be
// stored or not; its repetition is recognised.
func (q *Queue) Put(ctx context.Context, event string, key superoffice.DedupKey, m Message) (duplicate bool, err error) {
	if duplicate, err = q.store(ctx, m.encode(q.names.event+event), key.String()); err != nil {
		return false, fmt.Errorf("store an event: %w", err)
	}
	return duplicate, nil
}

// store waits until the engine has acknowledged a message. For a file stream without replicas it does that after write(2)
// (nats-server v2.15: StoreMsg, then flushPendingMsgsLocked, as AsyncFlush is for replicas only). For one with replicas it
// does when most of the servers have written the message to their logs.
func (q *Queue) store(ctx context.Context, r *record, key string) (duplicate bool, err error) {
	if err := q.engine.reachable(); err != nil {
		return false, err
	}
	if len(key) > maxKey { // keys come from bodies, and headers have a limit
		key = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(key)))
	}
	synced := q.disk != nil && q.synced.Load()
	if synced {
		q.disk.expect()
	}
	if q.recent != nil {
		duplicate, err = q.storeOnce(ctx, r, key)
	} else {
		duplicate, err = q.storeByServers(ctx, r, key)
	}
	if synced && err != nil {
		q.disk.absent()
	}
	switch {
	case err != nil:
		return false, unlessFull(err)
	case synced: // a duplicate waits as well: what it repeats may not be on the disk yet
		return duplicate, q.onDisk(ctx, q.disk.arrived)
	}
	return duplicate, nil
}

// unlessFull is ErrFull where the engine says so, and else the error as it is.
func unlessFull(err error) error {
	var refusal *jetstream.APIError
	if errors.As(err, &refusal) && refusal.Description == server.ErrMaxBytes.Error() {
		return ErrFull
	}
	return err
}

// storeByServers leaves it to the servers of a cluster to store a message once, whoever sends it. Where none of them answers for
// the stream, as they are about to agree on the one that does, it asks again for a while.
func (q *Queue) storeByServers(ctx context.Context, r *record, key string) (duplicate bool, err error) {
	for began := time.Now(); ; {
		duplicate, err = q.askServers(ctx, r, key)
		if !errors.Is(err, jetstream.ErrNoStreamResponse) || time.Since(began) > electionTime {
			return duplicate, err
		}
		select {
		case <-ctx.Done():
			return false, err
		case <-time.After(electionPause):
		}
	}
}

// askServers uses the client's asynchronous way although it waits: many at a time then share one reply subject and the servers'
// attention. The client must not try again by itself, as it would do so when the body's memory may hold another one.
func (q *Queue) askServers(ctx context.Context, r *record, key string) (duplicate bool, err error) {
	pending, err := q.js.PublishMsgAsync(r.message(), jetstream.WithMsgID(key), jetstream.WithRetryAttempts(0))
	if err != nil {
		return false, err
	}
	select {
	case ack := <-pending.Ok():
		return ack.Duplicate, nil
	case err := <-pending.Err():
		return false, err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// onDisk waits, in one way or the other, until the disk has what was written. A failure is for good.
func (q *Queue) onDisk(ctx context.Context, wait func(context.Context) error) error {
	err := wait(ctx)
	if err != nil && ctx.Err() == nil && !errors.Is(err, errClosed) {
		q.engine.server.failed.tell()
	}
	return err
}

// rewrite has the engine remove messages, for which it may replace files that the disk has, and the disk take what came of it.
func (q *Queue) rewrite(ctx context.Context, remove func() error) error {
	if q.disk == nil || !q.synced.Load() {
		return remove()
	}
	if err := q.disk.apart(remove); err != nil {
		return err
	}
	return q.onDisk(ctx, q.disk.reached)
}

// Healthy says why nothing can be stored right now: the queue is full, its engine has failed, or its cluster is away.
func (q *Queue) Healthy(ctx context.Context) error {
	if err := q.engine.reachable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	info, err := q.stream().Info(ctx)
	if err != nil {
		return fmt.Errorf("ask the queue engine: %w", err)
	}
	if left, limited := room(info); limited && left < roomy {
		return fmt.Errorf("%w: %d of %d bytes are taken", ErrFull, info.State.Bytes, info.Config.MaxBytes)
	}
	return nil
}

// room tells how many bytes are left, where there is a limit.
func room(info *jetstream.StreamInfo) (left int64, limited bool) {
	return info.Config.MaxBytes - int64(info.State.Bytes), info.Config.MaxBytes > 0 // #nosec G115 -- bytes on disk fit
}

// Alive says why the engine has stopped for good, so that only a restart of the process can help.
func (q *Queue) Alive() error { return q.engine.alive() }

// Close closes the queue. What was not acknowledged stays stored.
func (q *Queue) Close() {
	q.stopTrimmer()
	q.trimmer.Wait()
	q.engine.stop()
}

func (q *Queue) stream() jetstream.Stream {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.events
}

func (q *Queue) deadLetters() jetstream.Stream {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dead
}
