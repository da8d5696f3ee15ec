// SPDX-License-Identifier: Apache-2.0

package content

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func (r *Reader) downwardFile(f corev1.DownwardAPIVolumeFile) (string, error) {
	switch {
	case f.FieldRef != nil:
		return Field(r.pod, f.FieldRef.FieldPath)
	case f.ResourceFieldRef != nil:
		return r.resourceField(f.ResourceFieldRef, f.ResourceFieldRef.ContainerName)
	default:
		return "", fmt.Errorf("downward file %q says neither field nor resource", f.Path)
	}
}

// Field returns a field of a pod, as the downward API names it.
func Field(pod *corev1.Pod, path string) (string, error) {
	if name, ok := subscript(path, "metadata.labels"); ok {
		return pod.Labels[name], nil
	}
	if name, ok := subscript(path, "metadata.annotations"); ok {
		return pod.Annotations[name], nil
	}
	switch path {
	case "metadata.name":
		return pod.Name, nil
	case "metadata.namespace":
		return pod.Namespace, nil
	case "metadata.uid":
		return string(pod.UID), nil
	case "metadata.labels":
		return pairs(pod.Labels), nil
	case "metadata.annotations":
		return pairs(pod.Annotations), nil
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.podIP", "status.podIPs":
		return pod.Status.PodIP, nil
	case "status.hostIP", "status.hostIPs":
		return pod.Status.HostIP, nil
	default:
		return "", fmt.Errorf("unsupported fieldPath: %s", path)
	}
}

// subscript returns the key of a path such as metadata.labels['key'].
func subscript(path, field string) (key string, ok bool) {
	rest, ok := strings.CutPrefix(path, field+"['")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "']")
}

// pairs formats a map as kubelet does, one key="value" a line.
func pairs(m map[string]string) string {
	lines := make([]string, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		lines = append(lines, key+"="+strconv.Quote(m[key]))
	}
	return strings.Join(lines, "\n")
}

// resourceField returns a request or a limit of a container, in units of the divisor, rounded up. A limit that is not
// set is the node's.
func (r *Reader) resourceField(s *corev1.ResourceFieldSelector, container string) (string, error) {
	c := findContainer(r.pod, container)
	if c == nil {
		return "", fmt.Errorf("container %q not found", container)
	}
	kind, name, _ := strings.Cut(s.Resource, ".")
	var value resource.Quantity
	switch kind {
	case "requests":
		value = c.Resources.Requests[corev1.ResourceName(name)]
	case "limits":
		value = c.Resources.Limits[corev1.ResourceName(name)]
		if value.IsZero() {
			value = r.node[corev1.ResourceName(name)]
		}
	default:
		return "", fmt.Errorf("unsupported resource: %s", s.Resource)
	}
	return divide(value, s.Divisor), nil
}

func divide(value, divisor resource.Quantity) string {
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	// Thousandths on both sides keep millicores exact, and bytes are far from overflowing.
	v, d := value.MilliValue(), divisor.MilliValue()
	return strconv.FormatInt((v+d-1)/d, 10)
}

func findContainer(pod *corev1.Pod, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}
