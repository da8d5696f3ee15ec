// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/test/cluster/agent/atomicdir"
	"github.com/superoffice-webhook/operator/test/cluster/agent/content"
)

// volumes are the volumes of a pod, and the reader of everything that the pod is given.
type volumes struct {
	pod    *pod
	reader *content.Reader
	dirs   map[string]*atomicdir.Dir

	mounted bool      // all had their content once
	stale   bool      // an object has changed since
	again   time.Time // when to look again in any case
	problem string    // the last one that was reported
}

func newVolumes(p *pod) volumes {
	return volumes{
		pod:    p,
		reader: content.NewReader(p.agent.client, p.object, capacity()),
		dirs:   map[string]*atomicdir.Dir{},
	}
}

// path is where a volume really is.
func (v *volumes) path(name string) string { return filepath.Join(v.pod.dir, "volumes", name) }

// update takes over the pod's labels and annotations, which may be part of a volume.
func (v *volumes) update(before, after *corev1.Pod) {
	v.reader.Update(after)
	if !maps.Equal(before.Labels, after.Labels) || !maps.Equal(before.Annotations, after.Annotations) {
		v.stale = true
	}
}

// sync brings the volumes up to date. Containers may start once all have had their content; from then on a volume
// whose object is missing keeps what it has.
func (v *volumes) sync(ctx context.Context) (again time.Time, mounted bool) {
	if v.mounted && !v.stale && (v.again.IsZero() || time.Now().Before(v.again)) {
		return v.again, true
	}
	v.again, v.stale = v.write(ctx), false
	if v.problem == "" {
		v.mounted = true
	} else {
		v.again = earliest(v.again, time.Now().Add(retryInterval))
	}
	return v.again, v.mounted
}

// write writes every volume that it can. It returns when a token has to be renewed.
func (v *volumes) write(ctx context.Context) (renew time.Time) {
	problem := ""
	for i := range v.pod.object.Spec.Volumes {
		volume := &v.pod.object.Spec.Volumes[i]
		due, err := v.writeOne(ctx, volume)
		renew = earliest(renew, due)
		if err != nil && problem == "" {
			problem = fmt.Sprintf("MountVolume.SetUp failed for volume %q : %v", volume.Name, err)
		}
	}
	if problem != "" && problem != v.problem && ctx.Err() == nil {
		v.pod.event(corev1.EventTypeWarning, "FailedMount", problem)
	}
	v.problem = problem
	return renew
}

func (v *volumes) writeOne(ctx context.Context, volume *corev1.Volume) (renew time.Time, err error) {
	if claim := volume.PersistentVolumeClaim; claim != nil {
		return time.Time{}, v.mountClaim(ctx, volume.Name, claim)
	}
	files, renew, err := v.reader.Volume(ctx, volume)
	if err != nil {
		return renew, err
	}
	if files == nil { // programs write into it themselves
		return renew, os.MkdirAll(v.path(volume.Name), 0o750)
	}
	dir, known := v.dirs[volume.Name]
	if !known {
		if dir, err = atomicdir.New(v.path(volume.Name)); err != nil {
			return renew, err
		}
		v.dirs[volume.Name] = dir
	}
	return renew, dir.Write(files)
}
