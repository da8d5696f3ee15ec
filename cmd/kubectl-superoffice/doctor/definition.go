// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

const definitionName = "superofficewebhooks.webhooks.superoffice.dev"

// definition compares the fields of the installed definition with those that this plugin knows.
func (p *patient) definition(ctx context.Context, f *findings) {
	crd := newObject("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
	err := p.cluster.Client.Get(ctx, client.ObjectKey{Name: definitionName}, crd)
	switch {
	case apierrors.IsNotFound(err):
		f.fail("Install the operator: kubectl apply --server-side -k config/default, or the Helm chart.", "the cluster does not know SuperOfficeWebhook resources")
		return
	case err != nil:
		f.skip(right(err, "Ask somebody who may read CustomResourceDefinitions."), "it cannot be read: %v", err)
		return
	}
	installed := specSchema(crd)
	if installed == nil {
		f.fail("Install the definition that belongs to the operator, or get the plugin that does.", "version %s is not served, which this plugin speaks", v1alpha1.GroupVersion.Version)
		return
	}
	var d difference
	d.compare("", reflect.TypeFor[v1alpha1.SuperOfficeWebhookSpec](), installed)
	switch {
	case len(d.missing) > 0:
		f.warn("Apply the definition of the operator's version: kubectl apply --server-side -k config/crd. Helm: crds.enabled=true.", "it is older than this plugin: spec has no %s", someOf(d.missing))
	case len(d.unknown) > 0:
		f.warn("Get the plugin of the operator's version.", "it is newer than this plugin, which does not know in spec: %s", someOf(d.unknown))
	default:
		f.ok("%s is installed, with the fields that this plugin knows", v1alpha1.GroupVersion)
	}
}

// specSchema is that of spec in the served version; nil when it is not served.
func specSchema(crd *unstructured.Unstructured) map[string]any {
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, v := range versions {
		version, ok := v.(map[string]any)
		if !ok || version["name"] != v1alpha1.GroupVersion.Version || version["served"] != true {
			continue
		}
		schema, _, _ := unstructured.NestedMap(version, "schema", "openAPIV3Schema", "properties", "spec")
		return schema
	}
	return nil
}

// difference is in which fields the installed definition and the plugin differ, by their paths in spec. What is in a field
// that only one of them has is not listed.
type difference struct {
	missing []string // in the definition
	unknown []string // to the plugin
}

// compare goes as deep as types are the plugin's own and schemas are closed: those of Kubernetes go with its version, and
// anything may be in an open one.
func (d *difference) compare(path string, known reflect.Type, schema map[string]any) {
	for known.Kind() == reflect.Pointer || known.Kind() == reflect.Slice {
		if known.Kind() == reflect.Slice {
			schema, _, _ = unstructured.NestedMap(schema, "items")
		}
		known = known.Elem()
	}
	if known.Kind() != reflect.Struct || known.PkgPath() != ownPackage || schema["x-kubernetes-preserve-unknown-fields"] == true {
		return
	}
	properties, _, _ := unstructured.NestedMap(schema, "properties")
	fields := fieldsOf(known)
	for name, field := range fields {
		if property, ok := properties[name].(map[string]any); ok {
			d.compare(path+name+".", field, property)
		} else {
			d.missing = append(d.missing, path+name)
		}
	}
	for name := range properties {
		if fields[name] == nil {
			d.unknown = append(d.unknown, path+name)
		}
	}
}

var ownPackage = reflect.TypeFor[v1alpha1.SuperOfficeWebhookSpec]().PkgPath()

// fieldsOf are the fields of a struct by their names in JSON, with those of structs that are inline.
func fieldsOf(of reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for f := range of.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if options == "inline" {
			maps.Copy(fields, fieldsOf(f.Type))
		} else {
			fields[name] = f.Type
		}
	}
	return fields
}

// someOf lists the first few, and says how many there are beside.
func someOf(paths []string) string {
	const few = 5
	slices.Sort(paths)
	if len(paths) <= few {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:few], ", "), len(paths)-few)
}
