// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"sync"

	"github.com/go-logr/logr"
)

// fetching is whether the engine hands out the messages of a cursor. It is told of in the log when that changes, and not for each
// of those who wait.
type fetching struct {
	log logr.Logger

	mu      sync.Mutex
	failure error // nil: it does
}

// works takes note that the engine has answered, if only that there is no message.
func (f *fetching) works() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure != nil {
		f.log.Info("the queue hands out events for the sink again")
	}
	f.failure = nil
}

// failed takes note of a failure, and returns it.
func (f *fetching) failed(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure == nil {
		f.log.Error(err, "the queue hands out no events for the sink; it is asked again")
	}
	f.failure = err
	return err
}

func (f *fetching) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failure
}
