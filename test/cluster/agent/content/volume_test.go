// SPDX-License-Identifier: Apache-2.0

package content

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/test/cluster/agent/atomicdir"
)

// mode returns a pointer to what the API has as a number.
func mode(m int32) *int32 { return &m }

func file(data string, m fs.FileMode) atomicdir.File {
	return atomicdir.File{Data: []byte(data), Mode: m}
}

func configMapVolume(name string, change func(*corev1.ConfigMapVolumeSource)) corev1.VolumeSource {
	s := &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}
	if change != nil {
		change(s)
	}
	return corev1.VolumeSource{ConfigMap: s}
}

func secretVolume(name string, change func(*corev1.SecretVolumeSource)) corev1.VolumeSource {
	s := &corev1.SecretVolumeSource{SecretName: name}
	if change != nil {
		change(s)
	}
	return corev1.VolumeSource{Secret: s}
}

func projectedVolume(sources ...corev1.VolumeProjection) corev1.VolumeSource {
	return corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: sources, DefaultMode: mode(0o440)}}
}

func projectedConfigMap(name string, optional *bool, items ...corev1.KeyToPath) corev1.VolumeProjection {
	return corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Optional: optional, Items: items,
	}}
}

func projectedSecret(name string, optional *bool, items ...corev1.KeyToPath) corev1.VolumeProjection {
	return corev1.VolumeProjection{Secret: &corev1.SecretProjection{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Optional: optional, Items: items,
	}}
}

func projectedField(path, field string) corev1.VolumeProjection {
	return corev1.VolumeProjection{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{downwardField(path, field)}}}
}

func downwardField(path, field string) corev1.DownwardAPIVolumeFile {
	return corev1.DownwardAPIVolumeFile{Path: path, FieldRef: &corev1.ObjectFieldSelector{FieldPath: field}}
}

func TestVolume(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source corev1.VolumeSource
		want   atomicdir.Files
	}{
		"an emptyDir is the programs' own": {
			corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}, nil,
		},
		"a ConfigMap has a file for each key": {
			configMapVolume("settings", nil),
			atomicdir.Files{"color": file("blue", 0o644), "size": file("5", 0o644), "logo": file("\x00\xff", 0o644)},
		},
		"a ConfigMap's items choose keys, paths and modes": {
			configMapVolume("settings", func(s *corev1.ConfigMapVolumeSource) {
				s.DefaultMode = mode(0o600)
				s.Items = []corev1.KeyToPath{{Key: "color", Path: "paint/it"}, {Key: "size", Path: "size", Mode: mode(0o444)}}
			}),
			atomicdir.Files{"paint/it": file("blue", 0o600), "size": file("5", 0o444)},
		},
		"a missing optional ConfigMap is empty": {
			configMapVolume("missing", func(s *corev1.ConfigMapVolumeSource) { s.Optional = &yes }), atomicdir.Files{},
		},
		"a Secret has a file for each key, in the mode that is asked for": {
			secretVolume("keys", func(s *corev1.SecretVolumeSource) { s.DefaultMode = mode(0o400) }),
			atomicdir.Files{"password": file(secretValue, 0o400), "user": file("alibaba", 0o400)},
		},
		"an optional Secret's missing key is left out": {
			secretVolume("keys", func(s *corev1.SecretVolumeSource) {
				s.Optional = &yes
				s.Items = []corev1.KeyToPath{{Key: "missing", Path: "missing"}, {Key: "user", Path: "name"}}
			}),
			atomicdir.Files{"name": file("alibaba", 0o644)},
		},
		"a missing optional Secret is empty": {
			secretVolume("missing", func(s *corev1.SecretVolumeSource) { s.Optional = &yes }), atomicdir.Files{},
		},
		"a downwardAPI tells of the pod": {
			corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{DefaultMode: mode(0o444), Items: []corev1.DownwardAPIVolumeFile{
				downwardField("labels", "metadata.labels"),
				downwardField("notes", "metadata.annotations"),
				{Path: "name", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}, Mode: mode(0o400)},
				{Path: "limit", ResourceFieldRef: &corev1.ResourceFieldSelector{ContainerName: "main", Resource: "limits.memory"}},
			}}},
			atomicdir.Files{
				"labels": file("app=\"web\"\ntier=\"\\\"front\\\"\"", 0o444),
				"notes":  file(`example.com/note="two\nlines"`, 0o444),
				"name":   file("web-0", 0o400),
				"limit":  file("209715200", 0o444),
			},
		},
		"a projected volume brings all together": {
			projectedVolume(
				projectedConfigMap("settings", nil, corev1.KeyToPath{Key: "color", Path: "config/color"}),
				projectedSecret("keys", nil, corev1.KeyToPath{Key: "password", Path: "secrets/password", Mode: mode(0o400)}),
				projectedConfigMap("missing", &yes),
				projectedSecret("keys", &yes, corev1.KeyToPath{Key: "missing", Path: "secrets/other"}),
				projectedField("name", "metadata.name"),
			),
			atomicdir.Files{
				"config/color":     file("blue", 0o440),
				"secrets/password": file(secretValue, 0o400),
				"name":             file("web-0", 0o440),
			},
		},
		"the last of two projected files of one path wins": {
			projectedVolume(
				projectedConfigMap("settings", nil, corev1.KeyToPath{Key: "color", Path: "x"}),
				projectedConfigMap("settings", nil, corev1.KeyToPath{Key: "size", Path: "x"}),
			),
			atomicdir.Files{"x": file("5", 0o440)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newReader(t)
			got, renew, err := r.Volume(t.Context(), &corev1.Volume{Name: "v", VolumeSource: c.source})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if !renew.IsZero() {
				t.Errorf("wants to be renewed at %s", renew)
			}
		})
	}
}

func TestVolumeRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source corev1.VolumeSource
		want   string
	}{
		"a missing ConfigMap": {configMapVolume("missing", nil), `configmap "missing" not found`},
		"a missing Secret":    {secretVolume("missing", nil), `secret "missing" not found`},
		"a missing key of a ConfigMap": {
			configMapVolume("settings", func(s *corev1.ConfigMapVolumeSource) { s.Items = []corev1.KeyToPath{{Key: "gone", Path: "x"}} }),
			`configmap "settings": references non-existent key: gone`,
		},
		"a missing key of a Secret": {
			secretVolume("keys", func(s *corev1.SecretVolumeSource) { s.Items = []corev1.KeyToPath{{Key: "gone", Path: "x"}} }),
			`secret "keys": references non-existent key: gone`,
		},
		"a missing object of a projected volume": {
			projectedVolume(projectedConfigMap("settings", nil), projectedSecret("missing", nil)), `secret "missing" not found`,
		},
		"a field that pods do not have": {projectedVolume(projectedField("x", "spec.missing")), "unsupported fieldPath: spec.missing"},
		"a downward file without a source": {
			corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{Items: []corev1.DownwardAPIVolumeFile{{Path: "x"}}}},
			`downward file "x" says neither field nor resource`,
		},
		"a volume of another kind": {
			corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}, ErrUnsupported.Error(),
		},
		"a projection of another kind": {
			projectedVolume(corev1.VolumeProjection{ClusterTrustBundle: &corev1.ClusterTrustBundleProjection{Path: "x"}}), ErrUnsupported.Error(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newReader(t)
			_, _, err := r.Volume(t.Context(), &corev1.Volume{Name: "v", VolumeSource: c.source})
			fails(t, err, c.want)
		})
	}
	t.Run("optional objects that cannot be asked for", func(t *testing.T) {
		t.Parallel()
		r, api := newReader(t)
		api.broken = true
		_, _, err := r.Volume(t.Context(), &corev1.Volume{Name: "v", VolumeSource: projectedVolume(projectedSecret("keys", &yes))})
		fails(t, err, "forbidden")
	})
}

func TestUpdateIsSeenByTheNextRead(t *testing.T) {
	t.Parallel()
	r, _ := newReader(t)
	volume := &corev1.Volume{Name: "v", VolumeSource: projectedVolume(projectedField("app", "metadata.labels['app']"))}
	pod := newPod()
	pod.Labels["app"] = "changed"
	r.Update(pod)
	got, _, err := r.Volume(t.Context(), volume)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(atomicdir.Files{"app": file("changed", 0o440)}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	seconds := int64(7200)
	plain := corev1.VolumeProjection{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}}
	special := corev1.VolumeProjection{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
		Path: "special", Audience: "vault", ExpirationSeconds: &seconds,
	}}
	volume := &corev1.Volume{Name: "v", VolumeSource: projectedVolume(plain, special)}

	t.Run("is asked for in the name of the pod, and kept while it is good", func(t *testing.T) {
		t.Parallel()
		r, api := newReader(t)
		for range 3 {
			begun := time.Now()
			got, renew, err := r.Volume(t.Context(), volume)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(atomicdir.Files{"token": file("t", 0o440), "special": file("tt", 0o440)}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			// The API has times in seconds.
			if most, least := begun.Add(48*time.Minute), begun.Add(47*time.Minute); renew.After(most) || renew.Before(least) {
				t.Errorf("to be renewed in %s, want four fifths of an hour", renew.Sub(begun))
			}
		}
		bound := &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: "web-0", UID: "1234"}
		want := []authenticationv1.TokenRequestSpec{
			{BoundObjectRef: bound},
			{BoundObjectRef: bound, Audiences: []string{"vault"}, ExpirationSeconds: &seconds},
		}
		if diff := cmp.Diff(want, api.requests()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("is asked for again when its time has come", func(t *testing.T) {
		t.Parallel()
		r, api := newReader(t)
		api.life = -time.Minute
		for _, want := range []atomicdir.Files{
			{"token": file("t", 0o440), "special": file("tt", 0o440)},
			{"token": file("ttt", 0o440), "special": file("tttt", 0o440)},
		} {
			got, _, err := r.Volume(t.Context(), volume)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		}
	})
	t.Run("of an account that is missing is an error", func(t *testing.T) {
		t.Parallel()
		r, _ := newReader(t)
		pod := newPod()
		pod.Spec.ServiceAccountName = "nobody"
		r.Update(pod)
		_, _, err := r.Volume(t.Context(), volume)
		fails(t, err, `fetch token of serviceaccount "nobody"`)
		if errors.Is(err, ErrUnsupported) {
			t.Errorf("got %v", err)
		}
	})
}
