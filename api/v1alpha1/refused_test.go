// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// refusal is a resource that the API server does not take, and what it says about it: at which field, and what to do.
type refusal struct {
	name    string
	change  set
	message string
}

func TestRefused(t *testing.T) {
	needsServer(t)
	var causes []metav1.StatusCause
	note := func(t *testing.T, err error, message string) {
		t.Helper()
		if err == nil {
			t.Fatal("it is accepted")
		}
		if !strings.Contains(err.Error(), message) {
			t.Errorf("got  %v\nwant …%s…", err, message)
		}
		if strings.Contains(err.Error(), "evaluating rule") { // what the API server says when a rule has no value
			t.Errorf("a rule fails instead of saying no: %v", err)
		}
		var status apierrors.APIStatus
		if errors.As(err, &status) && status.Status().Details != nil {
			causes = append(causes, status.Status().Details.Causes...)
		}
	}
	try := func(t *testing.T, o object, message string) {
		t.Helper()
		note(t, server.Create(t.Context(), o, client.DryRunAll, client.FieldValidation("Strict")), message)
	}
	for _, c := range slices.Concat(refusedResources, refusedPools, refusedExposures, refusedNetworks, refusedSinks, refusedHTTP, refusedTargets, refusedBrokers) {
		t.Run(c.name, func(t *testing.T) { try(t, webhook(t, c.change), c.message) })
	}
	for _, p := range places(t) {
		for _, f := range faults[p.holds] {
			t.Run(p.path+" "+f.name, func(t *testing.T) { try(t, changed(t, p.resource, set{p.path + f.field, f.value}), p.path+f.message) })
		}
	}
	for _, c := range refusedChanges {
		t.Run(c.name, func(t *testing.T) {
			o := changed(t, minimal, c.before...)
			create(t, o)
			put(o.Object, strings.Split(c.change.path, "."), read(t, "value: "+c.change.value).Object["value"])
			note(t, server.Update(t.Context(), o, client.DryRunAll), c.message)
		})
	}
	t.Run("has a case for each limit of the schema", func(t *testing.T) {
		met := metBy(causes)
		for _, l := range limitsOf("", *definition(t).Spec.Versions[0].Schema.OpenAPIV3Schema) {
			if !met(l) {
				t.Errorf("no resource is refused for %q at %q", l.says, l.field)
			}
		}
	})
}

// text is so many letters.
func text(length int) string { return strings.Repeat("a", length) }

// list is so many items, each with its number.
func list(length int, item string) string {
	items := make([]string, length)
	for i := range items {
		items[i] = strings.Replace(item, "%d", fmt.Sprint(i), 1)
	}
	return "[" + strings.Join(items, ", ") + "]"
}
