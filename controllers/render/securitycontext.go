// SPDX-License-Identifier: Apache-2.0

package render

import (
	core "k8s.io/api/core/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
)

// volumeGroup owns the files of a claimed volume. Any number would do: the receiver's process gets the group whatever its user is.
const volumeGroup = 65532

// podSecurityContext keeps to the restricted pod security standard.
//
// The folder of a fresh volume is root's, with most who provide volumes, so the receiver needs a group that may write to it.
// OpenShift assigns one to each namespace and refuses others.
func podSecurityContext(r *receivers, o Options) *corev1.PodSecurityContextApplyConfiguration {
	c := corev1.PodSecurityContext().
		WithRunAsNonRoot(true).
		WithSeccompProfile(corev1.SeccompProfile().WithType(core.SeccompProfileTypeRuntimeDefault))
	if r.claimed && !o.AssignsGroups {
		c.WithFSGroup(volumeGroup).WithFSGroupChangePolicy(core.FSGroupChangeOnRootMismatch)
	}
	return c
}
