// SPDX-License-Identifier: Apache-2.0

package render

import (
	"slices"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
)

// Live is what there is already, where it decides on what can be made now. The zero value is nothing.
type Live struct {
	// Claim is that of the queue's volume; nil for none.
	Claim *core.PersistentVolumeClaim
	// Service leads to the receivers; nil for none.
	Service *core.Service
	// Deployment is that of the receivers; nil for none.
	Deployment *apps.Deployment
}

// volumeBytes is what the claimed volume holds; 0 while there is none.
func (l Live) volumeBytes() int64 {
	if l.Claim == nil {
		return 0
	}
	return l.Claim.Status.Capacity.Storage().Value()
}

// entrance is the one that the Service leads to; false while there is none.
func (l Live) entrance() (entrance, bool) {
	if l.Service == nil {
		return entrance{}, false
	}
	for _, p := range l.Service.Spec.Ports {
		for _, e := range []entrance{inClear, overTLS} {
			if p.TargetPort.StrVal == e.scheme {
				return e, true
			}
		}
	}
	return entrance{}, false
}

// have tells whether all receivers have an entrance: those of another version are gone, or about to go, and some are there.
func (l Live) have(e entrance) bool {
	d := l.Deployment
	if d == nil || !slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(c core.Container) bool { return isReceiverWith(c, e) }) {
		return false
	}
	s := d.Status
	return s.ObservedGeneration >= d.Generation && s.UpdatedReplicas == s.Replicas && s.AvailableReplicas > 0
}

func isReceiverWith(c core.Container, e entrance) bool {
	return c.Name == receiverContainer && slices.ContainsFunc(c.Ports, func(p core.ContainerPort) bool { return p.Name == e.scheme })
}
