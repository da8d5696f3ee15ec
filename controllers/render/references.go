// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// The keys of a Secret of the type kubernetes.io/tls.
const (
	certificateKey = "tls.crt"
	privateKeyKey  = "tls.key"
)

// Reference is a key of a Secret that a sink, the queue or intake needs.
type Reference struct {
	// At is the field that names it, like "spec.sinks[0].http.auth.bearer.secretKeyRef".
	At string
	v1alpha1.SecretKeyReference
}

// References lists what a resource needs of Secrets, but for the shared secret.
func References(w *v1alpha1.SuperOfficeWebhook) []Reference {
	return slices.Concat(SinkReferences(w), QueueReferences(w), CertificateReferences(w))
}

// SinkReferences lists what the sinks of a resource need of Secrets, in the order of the resource. It finds references by
// their type, so that a kind of sink cannot forget to tell of its own.
func SinkReferences(w *v1alpha1.SuperOfficeWebhook) []Reference {
	var found []Reference
	collect(reflect.ValueOf(w.Spec.Sinks), "spec.sinks", &found)
	return found
}

// QueueReferences lists what the queue of a resource needs of Secrets.
func QueueReferences(w *v1alpha1.SuperOfficeWebhook) []Reference {
	var found []Reference
	collect(reflect.ValueOf(w.Spec.Queue), "spec.queue", &found)
	return found
}

func collect(v reflect.Value, at string, into *[]Reference) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			collect(v.Elem(), at, into)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), fmt.Sprintf("%s[%d]", at, i), into)
		}
	case reflect.Struct:
		switch ref := v.Interface().(type) {
		case v1alpha1.SecretKeyReference:
			*into = append(*into, Reference{at, ref})
			return
		case v1alpha1.CertificateReference:
			*into = append(*into, Reference{at, certificate(ref)}, Reference{at, privateKey(ref)})
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() { // amounts of Kubernetes have others
				collect(v.Field(i), field(at, f), into)
			}
		}
	}
}

// field is the path of a struct's field in YAML; an inlined one has its parent's.
func field(at string, f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return at
	}
	return at + "." + name
}

func certificate(ref v1alpha1.CertificateReference) v1alpha1.SecretKeyReference {
	return v1alpha1.SecretKeyReference{Name: ref.Name, Key: certificateKey}
}

func privateKey(ref v1alpha1.CertificateReference) v1alpha1.SecretKeyReference {
	return v1alpha1.SecretKeyReference{Name: ref.Name, Key: privateKeyKey}
}

// sinkSecretFile names a file by its Secret and key, not by its sink: a key that is mounted already can be used by one
// more sink without replacing the pods.
func sinkSecretFile(ref v1alpha1.SecretKeyReference) string {
	return path.Join("secrets/sinks", ref.Name, string(ref.Key))
}
