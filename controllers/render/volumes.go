// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// The names of the volumes.
const (
	configVolumeName = "config"
	dataVolumeName   = "data"
)

// Where volumes are mounted, and files below configDir, by which the configuration names them.
const (
	configDir = "/etc/superoffice-webhook"
	dataDir   = "/var/lib/superoffice-webhook"

	currentSecretFile  = "secrets/webhook/current"
	previousSecretFile = "secrets/webhook/previous"
)

// The schema's default keys of the shared secret, repeated for resources that did not pass through an API server.
const (
	defaultSecretKey   = "secret"
	defaultPreviousKey = "previous"
)

// volumes are those of a pod. One whose queue is elsewhere has nothing to keep.
func volumes(r *receivers) []*corev1.VolumeApplyConfiguration {
	config := corev1.Volume().WithName(configVolumeName).WithProjected(corev1.ProjectedVolumeSource().WithSources(r.files...))
	if r.dataBytes == 0 {
		return []*corev1.VolumeApplyConfiguration{config}
	}
	return []*corev1.VolumeApplyConfiguration{config, dataVolume(r)}
}

func mounts(r *receivers) []*corev1.VolumeMountApplyConfiguration {
	config := corev1.VolumeMount().WithName(configVolumeName).WithMountPath(configDir).WithReadOnly(true)
	if r.dataBytes == 0 {
		return []*corev1.VolumeMountApplyConfiguration{config}
	}
	return []*corev1.VolumeMountApplyConfiguration{config, corev1.VolumeMount().WithName(dataVolumeName).WithMountPath(dataDir)}
}

// configFiles show the ConfigMap and all Secrets of a resource as one folder. Kubelet waits for what is missing before it
// starts a pod, except for the previous secret, and swaps in later changes while the pod runs.
func configFiles(w *v1alpha1.SuperOfficeWebhook) []*corev1.VolumeProjectionApplyConfiguration {
	shared := w.Spec.Secret
	current := secretFiles(shared.Name, map[v1alpha1.SecretKey]string{cmp.Or(shared.Key, defaultSecretKey): currentSecretFile})
	previous := secretFiles(shared.Name, map[v1alpha1.SecretKey]string{cmp.Or(shared.PreviousKey, defaultPreviousKey): previousSecretFile})
	previous.Secret.WithOptional(true)
	config := corev1.VolumeProjection().WithConfigMap(corev1.ConfigMapProjection().
		WithName(Name(w)).
		WithItems(corev1.KeyToPath().WithKey(configKey).WithPath(configKey)))
	all := append([]*corev1.VolumeProjectionApplyConfiguration{config, current, previous}, certificateFiles(w)...)
	files := sinkSecretFiles(w)
	for _, secret := range slices.Sorted(maps.Keys(files)) {
		all = append(all, secretFiles(secret, files[secret]))
	}
	return all
}

// sinkSecretFiles maps the Secrets of all sinks and of the queue to their keys and the files that hold these.
func sinkSecretFiles(w *v1alpha1.SuperOfficeWebhook) map[string]map[v1alpha1.SecretKey]string {
	files := map[string]map[v1alpha1.SecretKey]string{}
	for _, ref := range slices.Concat(SinkReferences(w), QueueReferences(w)) {
		if files[ref.Name] == nil {
			files[ref.Name] = map[v1alpha1.SecretKey]string{}
		}
		files[ref.Name][ref.Key] = sinkSecretFile(ref.SecretKeyReference)
	}
	return files
}

func secretFiles(secret string, paths map[v1alpha1.SecretKey]string) *corev1.VolumeProjectionApplyConfiguration {
	projection := corev1.SecretProjection().WithName(secret)
	for _, key := range slices.Sorted(maps.Keys(paths)) {
		projection.WithItems(corev1.KeyToPath().WithKey(string(key)).WithPath(paths[key]))
	}
	return corev1.VolumeProjection().WithSecret(projection)
}

// dataVolume holds the queue: a claim, or a directory that lives as long as the pod.
func dataVolume(r *receivers) *corev1.VolumeApplyConfiguration {
	volume := corev1.Volume().WithName(dataVolumeName)
	if r.claimed {
		return volume.WithPersistentVolumeClaim(corev1.PersistentVolumeClaimVolumeSource().WithClaimName(r.name))
	}
	return volume.WithEmptyDir(corev1.EmptyDirVolumeSource().WithSizeLimit(bytes(r.dataBytes)))
}

func bytes(n int64) resource.Quantity { return *resource.NewQuantity(n, resource.BinarySI) }

// volumeShare is how many times the queue's limit its volume has: as much for events, as much for dead letters, and as much
// again for what the queue has deleted but not yet compacted. Kubelet evicts a pod that exceeds the limit of its emptyDir, and
// the pod's events with it, so the queue's own limit must always be hit first.
const volumeShare = 3

// dataBytes is the size of the queue's volume; 0 for a queue that is not in the pod.
func dataBytes(w *v1alpha1.SuperOfficeWebhook) int64 {
	if w.Spec.Queue.JetStream != nil {
		return 0
	}
	return volumeShare * storageBytes(w)
}
