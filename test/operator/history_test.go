// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"slices"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// history collects every version of the objects of one kind in a namespace.
type history[O client.Object] struct {
	mu       sync.Mutex
	versions []O
}

// record begins a history. It knows all that comes after: a watch leaves no version out.
func record[O client.Object](t *testing.T, namespace string, list client.ObjectList) *history[O] {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	watching, err := stage.client.Watch(ctx, list, client.InNamespace(namespace))
	if err != nil {
		cancel()
		t.Fatalf("watch: %v", err)
	}
	h := &history[O]{}
	var done sync.WaitGroup
	done.Go(func() {
		for event := range watching.ResultChan() {
			if object, ok := event.Object.(O); ok && event.Type != watch.Deleted {
				h.mu.Lock()
				h.versions = append(h.versions, object)
				h.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		watching.Stop()
		done.Wait()
	})
	return h
}

// all are the versions so far, the one that is given included: the history is waited for to have come to it.
func (h *history[O]) all(t *testing.T, last O) []O {
	t.Helper()
	var versions []O
	await(t, "the last version in the history", func(context.Context) (any, bool) {
		versions = h.soFar()
		for _, v := range versions {
			if v.GetUID() == last.GetUID() && v.GetResourceVersion() == last.GetResourceVersion() {
				return nil, true
			}
		}
		return len(versions), false
	})
	return versions
}

func (h *history[O]) soFar() []O {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.versions)
}
