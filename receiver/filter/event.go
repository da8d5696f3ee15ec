// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// eventType is the name of the type of the variable event.
const eventType = "superoffice.Event"

var (
	valuesType = types.NewMapType(types.StringType, types.DynType)
	// fields are the keys of an event with their types.
	fields = map[string]*types.FieldType{
		"EventId":              field(types.StringType, func(e *event) any { return e.ID }),
		"Timestamp":            field(types.TimestampType, func(e *event) any { return e.Timestamp }),
		"Changes":              field(types.NewListType(types.StringType), func(e *event) any { return e.Changes }),
		"Event":                field(types.StringType, func(e *event) any { return e.Name }),
		"PrimaryKey":           field(types.IntType, func(e *event) any { return e.PrimaryKey }),
		"Entity":               field(types.StringType, func(e *event) any { return e.Entity }),
		"ContextIdentifier":    field(types.StringType, func(e *event) any { return e.ContextIdentifier }),
		"ChangedByAssociateId": field(types.IntType, func(e *event) any { return e.ChangedByAssociateID }),
		"WebhookName":          field(types.StringType, func(e *event) any { return e.WebhookName }),
		"Values":               field(valuesType, func(e *event) any { return e.values() }),
		"FieldValues":          field(valuesType, func(e *event) any { return e.fieldValues() }),
		"Extra":                field(valuesType, func(e *event) any { return e.extra() }),
	}
)

// event is an event with its columns decoded when an expression asks for them first, and then kept: it may ask again for each of
// ten thousand changes.
type event struct {
	*superoffice.Event
	values, fieldValues, extra func() map[string]any
}

func newEvent(e *superoffice.Event) *event {
	return &event{
		Event:       e,
		values:      sync.OnceValue(func() map[string]any { return decode(e.Values) }),
		fieldValues: sync.OnceValue(func() map[string]any { return decode(e.FieldValues) }),
		extra:       sync.OnceValue(func() map[string]any { return decode(e.Extra) }),
	}
}

// field is always set: what a body does not say is empty.
func field(t *types.Type, get func(*event) any) *types.FieldType {
	return &types.FieldType{
		Type:    t,
		IsSet:   func(any) bool { return true },
		GetFrom: func(target any) (any, error) { return get(target.(*event)), nil },
	}
}

// value is an event as CEL passes it around. Nothing can be done with it but to take a field out.
type value struct{ event *event }

// ConvertToNative implements ref.Val.
func (value) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("an event as a whole has no other form")
}

// ConvertToType implements ref.Val.
func (value) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("an event as a whole cannot be converted")
}

// Equal implements ref.Val: there is one event only.
func (v value) Equal(other ref.Val) ref.Val { return types.Bool(other.Value() == v.Value()) }

// Type implements ref.Val.
func (value) Type() ref.Type { return types.NewObjectType(eventType) }

// Value implements ref.Val.
func (v value) Value() any { return v.event }

// IsSet implements traits.FieldTester, for ".?".
func (value) IsSet(name ref.Val) ref.Val {
	_, ok := fields[fmt.Sprint(name.Value())]
	return types.Bool(ok)
}

// Get implements traits.Indexer, for ".?".
func (v value) Get(name ref.Val) ref.Val {
	f, ok := fields[fmt.Sprint(name.Value())]
	if !ok {
		return types.NewErr("no such field: %v", name)
	}
	got, err := f.GetFrom(v.event)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.DefaultTypeAdapter.NativeToValue(got)
}

// provider adds the type of events to those that CEL knows.
type provider struct{ types.Provider }

// FindStructType implements types.Provider.
func (p provider) FindStructType(name string) (*types.Type, bool) {
	if name == eventType {
		return types.NewTypeTypeWithParam(types.NewObjectType(eventType)), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	if name == eventType {
		return slices.Sorted(maps.Keys(fields)), true
	}
	return p.Provider.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider.
func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if name == eventType {
		f, ok := fields[field]
		return f, ok
	}
	return p.Provider.FindStructFieldType(name, field)
}
