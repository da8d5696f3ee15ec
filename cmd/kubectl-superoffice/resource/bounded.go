// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// bounded is a client that ends each request in time, and says why it has ended: a signal or a time limit, which the HTTP
// client calls by the name of the context. Watches are not bounded: they are to go on.
type bounded struct {
	client.WithWatch
	timeout time.Duration // 0: none
}

func (b bounded) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	return Bound(ctx, b.timeout, func(ctx context.Context) error { return b.WithWatch.Get(ctx, key, into, options...) })
}

func (b bounded) List(ctx context.Context, into client.ObjectList, options ...client.ListOption) error {
	return Bound(ctx, b.timeout, func(ctx context.Context) error { return b.WithWatch.List(ctx, into, options...) })
}

func (b bounded) Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.PatchOption) error {
	return Bound(ctx, b.timeout, func(ctx context.Context) error { return b.WithWatch.Patch(ctx, object, patch, options...) })
}

// Bound makes a request to the API server that may take so long; 0: as long as the context lasts. The error of one that was
// ended is the cause of that.
func Bound(ctx context.Context, timeout time.Duration, request func(context.Context) error) error {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the API server has not answered within %s (--request-timeout)", timeout))
		defer cancel()
	}
	err := request(ctx)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
