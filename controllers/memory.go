// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// memory keeps what the operator remembers of each resource between two rounds. Losing it costs a few needless requests,
// never correctness: a restarted operator starts with none.
type memory[V any] struct {
	mu sync.Mutex
	of map[types.NamespacedName]V
}

func (m *memory[V]) recall(webhook types.NamespacedName) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of[webhook]
}

func (m *memory[V]) keep(webhook types.NamespacedName, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[types.NamespacedName]V{}
	}
	m.of[webhook] = v
}

func (m *memory[V]) forget(webhook types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, webhook)
}
