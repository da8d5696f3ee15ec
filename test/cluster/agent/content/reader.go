// SPDX-License-Identifier: Apache-2.0

package content

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Reader reads the objects that one pod names. It asks the API server each time, so that a pod never starts with
// content older than itself. It is not for use by several goroutines at once.
type Reader struct {
	client kubernetes.Interface
	pod    *corev1.Pod
	node   corev1.ResourceList
	tokens map[tokenKey]token
}

// NewReader returns a Reader for a pod on a node with these resources.
func NewReader(client kubernetes.Interface, pod *corev1.Pod, node corev1.ResourceList) *Reader {
	return &Reader{client: client, pod: pod, node: node, tokens: map[tokenKey]token{}}
}

// Update tells the Reader that the pod has changed: its labels and annotations may be part of a volume.
func (r *Reader) Update(pod *corev1.Pod) { r.pod = pod }

// configMap returns nil where an optional object is missing.
func (r *Reader) configMap(ctx context.Context, name string, optional *bool) (*corev1.ConfigMap, error) {
	object, err := r.client.CoreV1().ConfigMaps(r.pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case err == nil:
		return object, nil
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("get configmap %q: %w", name, err)
	case isTrue(optional):
		return nil, nil
	default:
		return nil, fmt.Errorf("configmap %q not found", name)
	}
}

// secret returns nil where an optional object is missing.
func (r *Reader) secret(ctx context.Context, name string, optional *bool) (*corev1.Secret, error) {
	object, err := r.client.CoreV1().Secrets(r.pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case err == nil:
		return object, nil
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("get secret %q: %w", name, err)
	case isTrue(optional):
		return nil, nil
	default:
		return nil, fmt.Errorf("secret %q not found", name)
	}
}

func isTrue(b *bool) bool { return b != nil && *b }
