// SPDX-License-Identifier: Apache-2.0

package render

import (
	core "k8s.io/api/core/v1"
)

// Live is what there is already, where it decides on what can be made now. The zero value is nothing.
type Live struct {
	// Claim is that of the queue's volume; nil for none.
	Claim *core.PersistentVolumeClaim
}

// volumeBytes is what the claimed volume holds; 0 while there is none.
func (l Live) volumeBytes() int64 {
	if l.Claim == nil {
		return 0
	}
	return l.Claim.Status.Capacity.Storage().Value()
}
