// SPDX-License-Identifier: Apache-2.0

package render

import (
	"maps"
	"net/url"
	"slices"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// Target is an object that a sink refers to, as it was found.
type Target struct {
	// URL that it is posted to, without what the sink adds.
	URL *url.URL
	// Pods are the labels of the pods behind it, as far as it tells of any.
	Pods map[string]string
	// WaitingFor says why there is no URL.
	WaitingFor string
}

// Targets are the targets of the sinks that refer to one, by the sink's name.
type Targets map[string]Target

// sorted lists them in the order of the sinks' names.
func (t Targets) sorted() []Target {
	var all []Target
	for _, sink := range slices.Sorted(maps.Keys(t)) {
		all = append(all, t[sink])
	}
	return all
}

// urlOf is what a sink is posted to; empty while its target is missing.
func (t Target) urlOf(ref *v1alpha1.TargetReference) string {
	if t.URL == nil {
		return ""
	}
	added, err := url.Parse(ref.URI)
	if err != nil || ref.URI == "" { // the schema refuses what is no path
		return t.URL.String()
	}
	return t.URL.ResolveReference(&url.URL{Path: added.Path, RawPath: added.RawPath, RawQuery: added.RawQuery}).String()
}
