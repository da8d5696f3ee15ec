// SPDX-License-Identifier: Apache-2.0

package content

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Environment returns the variables of a container: those of envFrom, then those of env, which may refer to earlier
// ones as $(NAME). The pod must know its address.
func (r *Reader) Environment(ctx context.Context, c *corev1.Container) (map[string]string, error) {
	variables := map[string]string{}
	for _, from := range c.EnvFrom {
		if err := r.addAll(ctx, variables, from); err != nil {
			return nil, err
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			variables[e.Name] = Expand(e.Value, variables)
			continue
		}
		value, found, err := r.value(ctx, c, e.ValueFrom)
		if err != nil {
			return nil, err
		}
		if found {
			variables[e.Name] = value
		}
	}
	return variables, nil
}

func (r *Reader) addAll(ctx context.Context, variables map[string]string, from corev1.EnvFromSource) error {
	switch {
	case from.ConfigMapRef != nil:
		object, err := r.configMap(ctx, from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
		if object == nil || err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(object.Data)) {
			variables[from.Prefix+key] = object.Data[key]
		}
	case from.SecretRef != nil:
		object, err := r.secret(ctx, from.SecretRef.Name, from.SecretRef.Optional)
		if object == nil || err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(object.Data)) {
			variables[from.Prefix+key] = string(object.Data[key])
		}
	}
	return nil
}

// value returns found as false where something optional is missing.
func (r *Reader) value(ctx context.Context, c *corev1.Container, from *corev1.EnvVarSource) (value string, found bool, err error) {
	switch {
	case from.FieldRef != nil:
		value, err = Field(r.pod, from.FieldRef.FieldPath)
		return value, err == nil, err
	case from.ResourceFieldRef != nil:
		container := from.ResourceFieldRef.ContainerName
		if container == "" {
			container = c.Name
		}
		value, err = r.resourceField(from.ResourceFieldRef, container)
		return value, err == nil, err
	case from.ConfigMapKeyRef != nil:
		return r.configMapKey(ctx, from.ConfigMapKeyRef)
	case from.SecretKeyRef != nil:
		return r.secretKey(ctx, from.SecretKeyRef)
	default:
		return "", false, fmt.Errorf("unsupported source of an environment variable of container %q", c.Name)
	}
}

func (r *Reader) configMapKey(ctx context.Context, s *corev1.ConfigMapKeySelector) (string, bool, error) {
	object, err := r.configMap(ctx, s.Name, s.Optional)
	if object == nil || err != nil {
		return "", false, err
	}
	value, found := object.Data[s.Key]
	if !found && !isTrue(s.Optional) {
		return "", false, fmt.Errorf("couldn't find key %s in ConfigMap %s/%s", s.Key, object.Namespace, object.Name)
	}
	return value, found, nil
}

func (r *Reader) secretKey(ctx context.Context, s *corev1.SecretKeySelector) (string, bool, error) {
	object, err := r.secret(ctx, s.Name, s.Optional)
	if object == nil || err != nil {
		return "", false, err
	}
	value, found := object.Data[s.Key]
	if !found && !isTrue(s.Optional) {
		return "", false, fmt.Errorf("couldn't find key %s in Secret %s/%s", s.Key, object.Namespace, object.Name)
	}
	return string(value), found, nil
}
