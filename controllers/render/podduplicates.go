// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"fmt"
	"reflect"

	core "k8s.io/api/core/v1"
)

// unique refuses what stands twice in a list that is merged by a key, such as two variables of one name. A server-side apply
// could not tell them apart, and fails in a way that looks like a fault of the API server's. The keys are those that the API
// gives its types.
func (r *rules) unique(v reflect.Value, at string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			r.unique(v.Elem(), at)
		}
	case reflect.Slice:
		for i := range v.Len() {
			r.unique(v.Index(i), fmt.Sprintf("%s[%d]", at, i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() { // amounts have others
				continue
			}
			if key := f.Tag.Get("patchMergeKey"); key != "" {
				r.uniqueKeys(v.Field(i), key, field(at, f))
			}
			r.unique(v.Field(i), field(at, f))
		}
	}
}

func (r *rules) uniqueKeys(list reflect.Value, key, at string) {
	seen := map[string]bool{}
	for i := range list.Len() {
		value := keyOf(list.Index(i), key)
		r.refuse(seen[value], fmt.Sprintf("%s[%d]", at, i), fmt.Sprintf("%s %q stands there twice", key, value))
		seen[value] = true
	}
}

// keyOf is the value of the field that is the key. A port of one number can stand there for each protocol.
func keyOf(element reflect.Value, key string) string {
	if p, ok := element.Interface().(core.ContainerPort); ok {
		return fmt.Sprintf("%d/%s", p.ContainerPort, cmp.Or(p.Protocol, core.ProtocolTCP))
	}
	for i := range element.NumField() {
		if field("", element.Type().Field(i)) == "."+key {
			return fmt.Sprint(element.Field(i).Interface())
		}
	}
	return ""
}
