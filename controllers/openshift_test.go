// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// away is a mapper whose API server cannot be asked.
type away struct{ meta.RESTMapper }

var errAway = errors.New("no route")

func (away) RESTMapping(schema.GroupKind, ...string) (*meta.RESTMapping, error) { return nil, errAway }

func TestOpenShiftIsKnownByItsConstraints(t *testing.T) {
	t.Parallel()
	plain := meta.NewDefaultRESTMapper(nil)
	version := schema.GroupVersion{Group: "security.openshift.io", Version: "v1"}
	openShift := meta.NewDefaultRESTMapper([]schema.GroupVersion{version})
	openShift.Add(version.WithKind("SecurityContextConstraints"), meta.RESTScopeRoot)
	for name, c := range map[string]struct {
		mapper meta.RESTMapper
		want   bool
	}{"without": {plain, false}, "with": {openShift, true}} {
		if got, err := assignsGroups(c.mapper); err != nil || got != c.want {
			t.Errorf("%s: got %t, error %v", name, got, err)
		}
	}
	if _, err := assignsGroups(away{}); !errors.Is(err, errAway) {
		t.Errorf("got %v, want %v", err, errAway)
	}
}
