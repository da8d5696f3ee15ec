// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// mountClaim makes a volume lead to the directory of a claim, which outlives the pod. It is its own provisioner: it makes
// a PersistentVolume for the claim, of whatever class, and kube-controller-manager binds the two.
func (v *volumes) mountClaim(ctx context.Context, name string, source *corev1.PersistentVolumeClaimVolumeSource) error {
	a := v.pod.agent
	claim, err := a.client.CoreV1().PersistentVolumeClaims(v.pod.namespace).Get(ctx, source.ClaimName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("get persistentvolumeclaim %q: %w", source.ClaimName, err)
	}
	dir := filepath.Join(a.options.Dir, "claims", string(claim.UID))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if claim.Status.Phase != corev1.ClaimBound {
		_, err := a.client.CoreV1().PersistentVolumes().Create(ctx, persistentVolume(claim, dir), metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("make a volume for persistentvolumeclaim %q: %w", source.ClaimName, err)
		}
		return fmt.Errorf("persistentvolumeclaim %q is not bound yet", source.ClaimName)
	}
	if err := os.MkdirAll(filepath.Dir(v.path(name)), 0o750); err != nil {
		return err
	}
	if err := os.Symlink(dir, v.path(name)); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func persistentVolume(claim *corev1.PersistentVolumeClaim, dir string) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "claim-" + string(claim.UID)},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      claim.Spec.Resources.Requests,
			AccessModes:                   claim.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: dir}},
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
		},
	}
	if claim.Spec.StorageClassName != nil {
		v.Spec.StorageClassName = *claim.Spec.StorageClassName
	}
	return v
}
