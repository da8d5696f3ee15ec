// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"time"

	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// job is one event on its way to one sink.
type job struct {
	*queue.Delivery
	event *superoffice.Event // without its columns
	// unreadable says why there is no event. Intake stores what it could parse, so this is a leftover of another version.
	unreadable error
	record     superoffice.RecordKey
	again      *time.Timer // until the next attempt, where that is waited for here
}

func newJob(d *queue.Delivery) *job {
	j := &job{Delivery: d}
	if j.event, j.unreadable = superoffice.Identify(d.Body); j.unreadable == nil {
		j.record = j.event.RecordKey()
	}
	return j
}

// source hands out jobs, to several workers at the same time.
type source interface {
	// next waits for a job, until ctx is done.
	next(ctx context.Context) (*job, error)
	// postpone has a job handed out again after a pause.
	postpone(j *job, wait time.Duration) error
	// ended lets go of a job that was acknowledged or became a dead letter.
	ended(j *job)
	// close gives back to the queue what was not handed out. No job is under way, and nobody waits for one.
	close()
}

// unordered hands jobs out as they come. What is postponed waits in the queue.
type unordered struct{ cursor *queue.Cursor }

func (u unordered) next(ctx context.Context) (*job, error) {
	d, err := u.cursor.Next(ctx)
	if err != nil {
		return nil, err
	}
	return newJob(d), nil
}

func (unordered) postpone(j *job, wait time.Duration) error { return j.Retry(wait) }

func (unordered) ended(*job) {}

func (u unordered) close() { u.cursor.Release() }
