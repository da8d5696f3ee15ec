// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"errors"
	"fmt"
	"io"

	"github.com/redis/go-redis/v9"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// known are the errors of a server, by how they begin, and what they mean to whoever runs the sink.
var known = []struct{ prefix, meaning string }{
	{"READONLY", "it is a replica, and events go to the primary"},
	{"LOADING", "it is still loading its data"},
	{"MASTERDOWN", "it is a replica that has lost its primary"},
	{"CLUSTERDOWN", "it is part of a cluster that does not work, and clusters are not supported"},
	{"MOVED", "it is part of a cluster, and clusters are not supported"},
	{"OOM", "its memory is used up (maxmemory)"},
	{"NOAUTH", "it wants a password"},
	{"WRONGPASS", "it refused the user or the password"},
	{"NOPERM", "the user lacks a permission: it needs +xadd for the stream's key, and +select for a database other than 0"},
	{"WRONGTYPE", "the stream's key holds something that is no stream: remove it, or choose another key"},
	// The server repeats what it was sent, which it must not here.
	{"unknown command", "it does not know the commands, which Redis has since version 5"},
}

// tooLarge are the server's words for an argument above proto-max-bulk-len.
const tooLarge = "Protocol error: invalid bulk length"

// classify says what the answer to XADD means for the event.
func classify(err error, o Options) sink.Outcome {
	if err == nil {
		return sink.Delivered{}
	}
	if redis.HasErrorPrefix(err, tooLarge) {
		return sink.Dead{Reason: "the event is larger than the server's proto-max-bulk-len"}
	}
	return sink.Retry{Cause: fmt.Errorf("send to Redis at %s: %w", o.Address, explain(err, o.Password))}
}

// explain says what an error means. No password gets into it, even where a server repeats it.
func explain(err error, password string) error {
	for _, k := range known {
		if redis.HasErrorPrefix(err, k.prefix) {
			return errors.New(k.meaning)
		}
	}
	var answer redis.Error
	switch {
	case errors.As(err, &answer):
		return errors.New("it answered: " + sink.RedactText(answer.Error(), password))
	case errors.Is(err, io.EOF):
		return errors.New("the connection was lost")
	default:
		return err
	}
}
