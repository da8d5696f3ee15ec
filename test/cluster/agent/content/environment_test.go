// SPDX-License-Identifier: Apache-2.0

package content

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func fromField(path string) corev1.EnvVarSource {
	return corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}
}

func fromResource(name, container, divisor string) corev1.EnvVarSource {
	s := &corev1.ResourceFieldSelector{Resource: name, ContainerName: container}
	if divisor != "" {
		s.Divisor = resource.MustParse(divisor)
	}
	return corev1.EnvVarSource{ResourceFieldRef: s}
}

func fromConfigMap(name, key string, optional *bool) corev1.EnvVarSource {
	return corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key, Optional: optional,
	}}
}

func fromSecret(name, key string, optional *bool) corev1.EnvVarSource {
	return corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key, Optional: optional,
	}}
}

func allOfConfigMap(name, prefix string, optional *bool) corev1.EnvFromSource {
	return corev1.EnvFromSource{Prefix: prefix, ConfigMapRef: &corev1.ConfigMapEnvSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Optional: optional,
	}}
}

func allOfSecret(name, prefix string, optional *bool) corev1.EnvFromSource {
	return corev1.EnvFromSource{Prefix: prefix, SecretRef: &corev1.SecretEnvSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Optional: optional,
	}}
}

// TestValue gives a variable one source after another.
func TestValue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from corev1.EnvVarSource
		want string
	}{
		"the pod's name":                       {fromField("metadata.name"), "web-0"},
		"its namespace":                        {fromField("metadata.namespace"), "shop"},
		"its UID":                              {fromField("metadata.uid"), "1234"},
		"a label":                              {fromField("metadata.labels['app']"), "web"},
		"a label that it does not have":        {fromField("metadata.labels['missing']"), ""},
		"an annotation":                        {fromField("metadata.annotations['example.com/note']"), "two\nlines"},
		"its node":                             {fromField("spec.nodeName"), "local"},
		"its ServiceAccount":                   {fromField("spec.serviceAccountName"), "robot"},
		"its address":                          {fromField("status.podIP"), "127.10.1.2"},
		"its addresses":                        {fromField("status.podIPs"), "127.10.1.2"},
		"its host's address":                   {fromField("status.hostIP"), "127.0.0.1"},
		"its host's addresses":                 {fromField("status.hostIPs"), "127.0.0.1"},
		"a request, rounded up to whole cores": {fromResource("requests.cpu", "", ""), "1"},
		"a request in thousandths":             {fromResource("requests.cpu", "", "1m"), "250"},
		"a request in bytes":                   {fromResource("requests.memory", "", ""), "104857600"},
		"a limit, rounded up to the divisor":   {fromResource("limits.memory", "", "150Mi"), "2"},
		"the node's where there is no limit":   {fromResource("limits.cpu", "", ""), "4"},
		"nothing where there is no request":    {fromResource("requests.ephemeral-storage", "", ""), "0"},
		"a limit of another container":         {fromResource("limits.memory", "side", "1Gi"), "8"},
		"a limit of an init container":         {fromResource("limits.memory", "init", "1Gi"), "8"},
		"a key of a ConfigMap":                 {fromConfigMap("settings", "color", nil), "blue"},
		"a key of a Secret":                    {fromSecret("keys", "password", nil), secretValue},
		"a key that may be missing and is not": {fromSecret("keys", "user", &yes), "alibaba"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newReader(t)
			container := &corev1.Container{Name: "main", Env: []corev1.EnvVar{{Name: "X", ValueFrom: &c.from}}}
			got, err := r.Environment(t.Context(), container)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{"X": c.want}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	keyOfSecret := fromSecret("keys", "user", nil)
	absentObject, absentKey := fromConfigMap("missing", "color", &yes), fromSecret("keys", "missing", &yes)
	for name, c := range map[string]struct {
		from []corev1.EnvFromSource
		env  []corev1.EnvVar
		want map[string]string
	}{
		"is empty where nothing is said": {want: map[string]string{}},
		"refers to earlier variables, not to later ones": {
			env: []corev1.EnvVar{
				{Name: "EARLY", Value: "$(LATE)"}, {Name: "LATE", Value: "late"}, {Name: "LAST", Value: "very-$(LATE), $$(LATE)"},
			},
			want: map[string]string{"EARLY": "$(LATE)", "LATE": "late", "LAST": "very-late, $(LATE)"},
		},
		"refers to values that come from objects": {
			env:  []corev1.EnvVar{{Name: "USER", ValueFrom: &keyOfSecret}, {Name: "URL", Value: "http://$(USER)@host"}},
			want: map[string]string{"USER": "alibaba", "URL": "http://alibaba@host"},
		},
		"has the last of two values": {
			env:  []corev1.EnvVar{{Name: "X", Value: "1"}, {Name: "X", Value: "$(X)2"}},
			want: map[string]string{"X": "12"},
		},
		"leaves out what is optional and missing": {
			from: []corev1.EnvFromSource{allOfConfigMap("missing", "", &yes), allOfSecret("missing", "", &yes)},
			env:  []corev1.EnvVar{{Name: "A", ValueFrom: &absentObject}, {Name: "B", ValueFrom: &absentKey}, {Name: "C", Value: "3"}},
			want: map[string]string{"C": "3"},
		},
		"takes all keys, with a prefix": {
			from: []corev1.EnvFromSource{allOfConfigMap("settings", "SET_", nil), allOfSecret("keys", "KEY_", nil)},
			want: map[string]string{"SET_color": "blue", "SET_size": "5", "KEY_password": secretValue, "KEY_user": "alibaba"},
		},
		"prefers single variables to whole objects, and refers to these": {
			from: []corev1.EnvFromSource{allOfConfigMap("settings", "", nil)},
			env:  []corev1.EnvVar{{Name: "size", Value: "not $(size)"}},
			want: map[string]string{"color": "blue", "size": "not 5"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newReader(t)
			got, err := r.Environment(t.Context(), &corev1.Container{Name: "main", EnvFrom: c.from, Env: c.env})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEnvironmentRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from corev1.EnvVarSource
		want string
	}{
		"a missing ConfigMap":               {fromConfigMap("missing", "color", nil), `configmap "missing" not found`},
		"a missing key of a ConfigMap":      {fromConfigMap("settings", "missing", nil), "couldn't find key missing in ConfigMap shop/settings"},
		"a missing Secret":                  {fromSecret("missing", "password", nil), `secret "missing" not found`},
		"a missing key of a Secret":         {fromSecret("keys", "missing", nil), "couldn't find key missing in Secret shop/keys"},
		"a field that pods do not have":     {fromField("spec.missing"), "unsupported fieldPath: spec.missing"},
		"a broken subscript":                {fromField("metadata.labels['app"), "unsupported fieldPath: metadata.labels['app"},
		"a container that is not there":     {fromResource("limits.cpu", "missing", ""), `container "missing" not found`},
		"what is neither request nor limit": {fromResource("wishes.cpu", "", ""), "unsupported resource: wishes.cpu"},
		"a source of a kind that is newer":  {corev1.EnvVarSource{}, `unsupported source of an environment variable of container "main"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newReader(t)
			_, err := r.Environment(t.Context(), &corev1.Container{Name: "main", Env: []corev1.EnvVar{{Name: "X", ValueFrom: &c.from}}})
			fails(t, err, c.want)
		})
	}
	for name, c := range map[string]struct {
		from corev1.EnvFromSource
		want string
	}{
		"all of a missing ConfigMap": {allOfConfigMap("missing", "", nil), `configmap "missing" not found`},
		"all of a missing Secret":    {allOfSecret("missing", "", nil), `secret "missing" not found`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newReader(t)
			_, err := r.Environment(t.Context(), &corev1.Container{Name: "main", EnvFrom: []corev1.EnvFromSource{c.from}})
			fails(t, err, c.want)
		})
	}
	t.Run("optional objects that cannot be asked for", func(t *testing.T) {
		t.Parallel()
		r, api := newReader(t)
		api.broken = true
		for _, from := range []corev1.EnvVarSource{fromConfigMap("settings", "color", &yes), fromSecret("keys", "user", &yes)} {
			_, err := r.Environment(t.Context(), &corev1.Container{Name: "main", Env: []corev1.EnvVar{{Name: "X", ValueFrom: &from}}})
			fails(t, err, "forbidden")
		}
	})
}
