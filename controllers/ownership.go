// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// owns tells whether the operator still owns every field of an object that it wants. The API server takes a field away from
// its owner as soon as somebody else gives it another value or removes it. So a field that is owned has the value that was
// applied, and no value has to be kept or compared.
func owns(live client.Object, wanted map[string]any) bool {
	var fields map[string]any
	for _, entry := range live.GetManagedFields() {
		if isOwn(entry) && entry.FieldsV1 != nil {
			if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) != nil {
				return false
			}
		}
	}
	for name, value := range wanted {
		switch name {
		case "apiVersion", "kind": // nobody's
			continue
		case "metadata":
			value = ownedMetadata(value)
		}
		sub, ok := fields["f:"+name].(map[string]any)
		if !ok || !covers(sub, value) {
			return false
		}
	}
	return true
}

// shapes are the sets of fields that objects in the cache share: those of all Services, for example, have the same.
var shapes sharedFields

type sharedFields struct {
	mu sync.Mutex
	of map[string]*meta.FieldsV1
}

// share returns the operator's own entry, with a set of fields that may be shared. The owner, which is another one for each
// resource, is left out of it.
func (s *sharedFields) share(entries []meta.ManagedFieldsEntry) []meta.ManagedFieldsEntry {
	i := slices.IndexFunc(entries, isOwn)
	if i < 0 || entries[i].FieldsV1 == nil {
		return nil
	}
	var fields map[string]any
	if json.Unmarshal(entries[i].FieldsV1.GetRawBytes(), &fields) != nil {
		return nil // as good as none
	}
	if metadata, ok := fields["f:metadata"].(map[string]any); ok {
		delete(metadata, "f:ownerReferences")
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	own := meta.ManagedFieldsEntry{Manager: FieldManager, Operation: meta.ManagedFieldsOperationApply, FieldsV1: s.shared(string(text))}
	return []meta.ManagedFieldsEntry{own}
}

func (s *sharedFields) shared(text string) *meta.FieldsV1 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fields := s.of[text]; fields != nil {
		return fields
	}
	if s.of == nil || len(s.of) > maxShapes {
		s.of = map[string]*meta.FieldsV1{}
	}
	s.of[text] = meta.NewFieldsV1(text)
	return s.of[text]
}

// maxShapes bounds what is remembered of objects that may be gone. There are some for each kind of object.
const maxShapes = 1000

// isOwn tells which entry of an object's managed fields is the operator's.
func isOwn(entry meta.ManagedFieldsEntry) bool {
	return entry.Manager == FieldManager && entry.Operation == meta.ManagedFieldsOperationApply && entry.Subresource == ""
}

// ownedMetadata is what of the metadata can be owned.
func ownedMetadata(value any) map[string]any {
	all, _ := value.(map[string]any)
	owned := map[string]any{}
	for _, name := range []string{"labels", "annotations"} { // the owner is looked at in any case
		if v, ok := all[name]; ok {
			owned[name] = v
		}
	}
	return owned
}

// covers tells whether a set of fields has all that a value consists of. A set without members stands for a value as a
// whole: a scalar, or a map or a list that has one owner only.
func covers(fields map[string]any, value any) bool {
	if len(fields) == 0 {
		return true
	}
	switch v := value.(type) {
	case map[string]any:
		for name, part := range v {
			sub, ok := fields["f:"+name].(map[string]any)
			if !ok || !covers(sub, part) {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(v, func(entry any) bool { return !coversEntry(fields, entry) })
	}
	return true
}

// coversEntry finds an entry of a list by its key ("k:" and the fields that make it up) or, in a set, by itself ("v:").
func coversEntry(fields map[string]any, entry any) bool {
	for name, sub := range fields {
		var key any
		kind, text, _ := strings.Cut(name, ":")
		if json.Unmarshal([]byte(text), &key) != nil {
			continue
		}
		members, _ := sub.(map[string]any)
		switch {
		case kind == "v" && fmt.Sprint(key) == fmt.Sprint(entry):
			return true
		case kind == "k" && hasKey(entry, key) && covers(members, entry):
			return true
		}
	}
	return false
}

func hasKey(entry, key any) bool {
	all, isMap := entry.(map[string]any)
	wanted, _ := key.(map[string]any)
	for name, value := range wanted {
		if fmt.Sprint(all[name]) != fmt.Sprint(value) { // a number is an int64 here and a float64 there
			return false
		}
	}
	return isMap
}
