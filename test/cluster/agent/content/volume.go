// SPDX-License-Identifier: Apache-2.0

package content

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/test/cluster/agent/atomicdir"
)

// defaultMode is what the API server fills in, for objects that it has not defaulted.
const defaultMode = 0o644

// ErrUnsupported is what a volume of a kind that the agent does not know gives.
var ErrUnsupported = errors.New("volumes of this kind are not supported by a node of local processes")

// Volume returns the files of a volume, or nil for a volume that programs fill themselves. What it returns has to be
// asked for again at the time given, unless that is zero: a token in it wants to be renewed.
func (r *Reader) Volume(ctx context.Context, v *corev1.Volume) (files atomicdir.Files, renew time.Time, err error) {
	b := builder{reader: r, files: atomicdir.Files{}}
	switch {
	case v.EmptyDir != nil:
		return nil, time.Time{}, nil
	case v.ConfigMap != nil:
		b.mode = v.ConfigMap.DefaultMode
		err = b.configMap(ctx, v.ConfigMap.Name, v.ConfigMap.Items, v.ConfigMap.Optional)
	case v.Secret != nil:
		b.mode = v.Secret.DefaultMode
		err = b.secret(ctx, v.Secret.SecretName, v.Secret.Items, v.Secret.Optional)
	case v.DownwardAPI != nil:
		b.mode = v.DownwardAPI.DefaultMode
		err = b.downward(v.DownwardAPI.Items)
	case v.Projected != nil:
		b.mode = v.Projected.DefaultMode
		err = b.projected(ctx, v.Projected.Sources)
	default:
		err = ErrUnsupported
	}
	return b.files, b.renew, err
}

// builder collects the files of one volume.
type builder struct {
	reader *Reader
	mode   *int32
	files  atomicdir.Files
	renew  time.Time
}

func (b *builder) projected(ctx context.Context, sources []corev1.VolumeProjection) error {
	for _, s := range sources {
		if err := b.projection(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) projection(ctx context.Context, s corev1.VolumeProjection) error {
	switch {
	case s.ConfigMap != nil:
		return b.configMap(ctx, s.ConfigMap.Name, s.ConfigMap.Items, s.ConfigMap.Optional)
	case s.Secret != nil:
		return b.secret(ctx, s.Secret.Name, s.Secret.Items, s.Secret.Optional)
	case s.DownwardAPI != nil:
		return b.downward(s.DownwardAPI.Items)
	case s.ServiceAccountToken != nil:
		return b.token(ctx, s.ServiceAccountToken)
	default:
		return ErrUnsupported
	}
}

func (b *builder) configMap(ctx context.Context, name string, items []corev1.KeyToPath, optional *bool) error {
	object, err := b.reader.configMap(ctx, name, optional)
	if object == nil || err != nil {
		return err
	}
	data := maps.Clone(object.BinaryData)
	if data == nil {
		data = map[string][]byte{}
	}
	for key, value := range object.Data {
		data[key] = []byte(value)
	}
	if err := b.keys(data, items, optional); err != nil {
		return fmt.Errorf("configmap %q: %w", name, err)
	}
	return nil
}

func (b *builder) secret(ctx context.Context, name string, items []corev1.KeyToPath, optional *bool) error {
	object, err := b.reader.secret(ctx, name, optional)
	if object == nil || err != nil {
		return err
	}
	if err := b.keys(object.Data, items, optional); err != nil {
		return fmt.Errorf("secret %q: %w", name, err)
	}
	return nil
}

// keys adds the items, or every key if there are none.
func (b *builder) keys(data map[string][]byte, items []corev1.KeyToPath, optional *bool) error {
	if len(items) == 0 {
		for _, key := range slices.Sorted(maps.Keys(data)) {
			b.add(key, data[key], nil)
		}
		return nil
	}
	for _, item := range items {
		value, found := data[item.Key]
		switch {
		case found:
			b.add(item.Path, value, item.Mode)
		case !isTrue(optional):
			return fmt.Errorf("references non-existent key: %s", item.Key)
		}
	}
	return nil
}

func (b *builder) downward(items []corev1.DownwardAPIVolumeFile) error {
	for _, item := range items {
		value, err := b.reader.downwardFile(item)
		if err != nil {
			return err
		}
		b.add(item.Path, []byte(value), item.Mode)
	}
	return nil
}

func (b *builder) token(ctx context.Context, p *corev1.ServiceAccountTokenProjection) error {
	t, err := b.reader.token(ctx, p)
	if err != nil {
		return err
	}
	if b.renew.IsZero() || t.renew.Before(b.renew) {
		b.renew = t.renew
	}
	b.add(p.Path, []byte(t.value), nil)
	return nil
}

func (b *builder) add(path string, data []byte, mode *int32) {
	if mode == nil {
		mode = b.mode
	}
	m := fs.FileMode(defaultMode)
	if mode != nil {
		m = fs.FileMode(*mode) & fs.ModePerm // #nosec G115 -- the API server allows 0 to 0777
	}
	b.files[path] = atomicdir.File{Data: data, Mode: m}
}
