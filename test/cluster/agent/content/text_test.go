// SPDX-License-Identifier: Apache-2.0

package content

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"A": "1", "B_C.D-E": "2", "NESTED": "$(A)", "EMPTY": ""}
	for text, want := range map[string]string{
		"":                   "",
		"nothing":            "nothing",
		"$(A)":               "1",
		"x$(A)y$(A)z":        "x1y1z",
		"$(B_C.D-E)":         "2",
		"[$(EMPTY)]":         "[]",
		"$(UNKNOWN)":         "$(UNKNOWN)",
		"$(NESTED)":          "$(A)", // values are not looked into
		"$$(A)":              "$(A)",
		"$$$(A)":             "$1",
		"$$$$":               "$$",
		"$A ${A} costs $5":   "$A ${A} costs $5",
		"ends with $":        "ends with $",
		"never closed: $(A":  "never closed: $(A",
		"$()":                "$()",
		"$($(A))":            "$($(A))",
		"$(UNKNOWN)$(A)$(A)": "$(UNKNOWN)11",
	} {
		if got := Expand(text, variables); got != want {
			t.Errorf("Expand(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	mounts := NewMounts(
		Mount{"/data", "/real/1"},
		Mount{"/data/inner/", "/real/2"}, // wins where both fit
		Mount{"/etc/app", "/real/3"},
	)
	for text, want := range map[string]string{
		"":                                 "",
		"/data":                            "/real/1",
		"/data/":                           "/real/1/",
		"/data/queue":                      "/real/1/queue",
		"/data/inner":                      "/real/2",
		"/data/inner/file":                 "/real/2/file",
		"/data/innermost":                  "/real/1/innermost",
		"--dir=/data/queue":                "--dir=/real/1/queue",
		"/data:/etc/app:/data":             "/real/1:/real/3:/real/1",
		`{"dir":"/data","app":"/etc/app"}`: `{"dir":"/real/1","app":"/real/3"}`,
		"file:///data/x":                   "file:///data/x", // it is part of a longer path
		"/database":                        "/database",
		"/data.bak":                        "/data.bak",
		"/data-old":                        "/data-old",
		"/var/data":                        "/var/data",
		"./data":                           "./data",
		"data":                             "data",
		"/etc/apps":                        "/etc/apps",
		"/etc":                             "/etc",
	} {
		if got := mounts.Replace(text); got != want {
			t.Errorf("Replace(%q) = %q, want %q", text, got, want)
		}
	}
	if got := NewMounts().Replace("/data"); got != "/data" {
		t.Errorf("without mounts: %q", got)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	configMapKey, secretKey, field := fromConfigMap("c1", "k", nil), fromSecret("s1", "k", &yes), fromField("metadata.name")
	projected := &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
		{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "c2"}}},
		{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "s2"}}},
		{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}},
	}}
	pod := &corev1.Pod{Spec: corev1.PodSpec{
		Volumes: []corev1.Volume{
			{VolumeSource: corev1.VolumeSource{Projected: projected}},
			{VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "c3"}}}},
			{VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "s3"}}},
			{VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		},
		InitContainers: []corev1.Container{{EnvFrom: []corev1.EnvFromSource{allOfConfigMap("c4", "", nil), allOfSecret("s4", "", nil)}}},
		Containers: []corev1.Container{{Env: []corev1.EnvVar{
			{Name: "A", Value: "plain"}, {Name: "B", ValueFrom: &configMapKey}, {Name: "C", ValueFrom: &secretKey}, {Name: "D", ValueFrom: &field},
		}}},
	}}
	want := map[Reference]bool{}
	for _, n := range []string{"1", "2", "3", "4"} {
		want[Reference{ConfigMap, "c" + n}] = true
		want[Reference{Secret, "s" + n}] = true
	}
	if diff := cmp.Diff(want, References(pod)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
