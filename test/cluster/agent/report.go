// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// reportRetry is when a status is sent again that the API server did not take.
const reportRetry = time.Second

// report sends the pod's status if it has changed. It returns when to try again if that failed.
func (p *pod) report(ctx context.Context) (again time.Time) {
	if p.shutdown || p.vanished {
		return time.Time{}
	}
	status := p.status()
	if equality.Semantic.DeepEqual(p.reported, status) {
		return time.Time{}
	}
	err := p.patch(ctx, status)
	switch {
	case err == nil:
		p.reported = status
	case apierrors.IsNotFound(err), apierrors.IsConflict(err): // another pod may have its name by now
		p.vanished = true
		return time.Now()
	default:
		return time.Now().Add(reportRetry)
	}
	return time.Time{}
}

// patch sends what has changed, so that what others wrote into the status stays.
func (p *pod) patch(ctx context.Context, status corev1.PodStatus) error {
	before, err := json.Marshal(corev1.Pod{Status: p.reported})
	if err != nil {
		return fmt.Errorf("encode status: %w", err)
	}
	// The UID makes the API server refuse the patch for another pod of the same name.
	after, err := json.Marshal(corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: p.object.UID}, Status: status})
	if err != nil {
		return fmt.Errorf("encode status: %w", err)
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, corev1.Pod{})
	if err != nil {
		return fmt.Errorf("compare status: %w", err)
	}
	_, err = p.agent.client.CoreV1().Pods(p.namespace).Patch(ctx, p.name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// status is what the API server should know.
func (p *pod) status() corev1.PodStatus {
	v := view{
		pod:     p.object,
		began:   p.began,
		ended:   p.ending() && !p.anyRunning(),
		init:    statuses(p.init),
		main:    statuses(p.main),
		address: "",
	}
	if p.claim != nil {
		v.address = p.claim.ip
	}
	return v.status(p.reported, metav1.Now())
}

func (p *pod) anyRunning() bool {
	for _, c := range p.containers() {
		if c.running() {
			return true
		}
	}
	return false
}

func statuses(containers []*container) []corev1.ContainerStatus {
	var list []corev1.ContainerStatus
	for _, c := range containers {
		list = append(list, c.status())
	}
	return list
}
