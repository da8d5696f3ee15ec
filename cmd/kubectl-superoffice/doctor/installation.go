// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

const (
	definitionName = "superofficewebhooks.webhooks.superoffice.dev"
	operatorName   = "superoffice-webhook-operator"
	// maxSkew is more than the way of an answer takes, and less than what breaks certificates or misleads people.
	maxSkew = 30 * time.Second
)

// apiServer finds out whether the API server answers, and compares this machine's clock with its own.
func (p *patient) apiServer(ctx context.Context, f *findings) {
	var header http.Header
	err := resource.Bound(ctx, p.access.RequestTimeout, func(ctx context.Context) (err error) {
		header, err = askVersion(ctx, p.cluster.Config)
		return err
	})
	if err != nil {
		p.silent = true
		f.fail("See that the cluster can be reached from here, and that the kubeconfig says where it is.", "the API server does not answer: %v", err)
		return
	}
	f.ok("it answers")
	tellSkew(f, "the API server", header, time.Now())
}

// askVersion asks for what nearly everybody may ask for. Any answer will do.
func askVersion(ctx context.Context, config *rest.Config) (http.Header, error) {
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	defer httpClient.CloseIdleConnections()
	host, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, host.JoinPath("version").String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", bare(host), resource.WithoutURL(err))
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	return response.Header, nil
}

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
	installed := specFields(crd)
	if installed == nil {
		f.fail("Install the definition that belongs to the operator, or get the plugin that does.", "version %s is not served, which this plugin speaks", v1alpha1.GroupVersion.Version)
		return
	}
	known := knownFields()
	older, newer := minus(known, installed), minus(installed, known)
	switch {
	case len(older) > 0:
		f.warn("Apply the definition of the operator's version: kubectl apply --server-side -k config/crd. Helm: crds.enabled=true.", "it is older than this plugin: spec has no %s", strings.Join(older, ", "))
	case len(newer) > 0:
		f.warn("Get the plugin of the operator's version.", "it is newer than this plugin, which does not know spec.%s", strings.Join(newer, ", spec."))
	default:
		f.ok("%s is installed, with the fields that this plugin knows", v1alpha1.GroupVersion)
	}
}

func newObject(group, version, kind string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: version, Kind: kind})
	return o
}

// specFields are the fields of spec that the served version has; nil when it is not served.
func specFields(crd *unstructured.Unstructured) map[string]bool {
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, v := range versions {
		version, ok := v.(map[string]any)
		if !ok || version["name"] != v1alpha1.GroupVersion.Version || version["served"] != true {
			continue
		}
		properties, _, _ := unstructured.NestedMap(version, "schema", "openAPIV3Schema", "properties", "spec", "properties")
		fields := map[string]bool{}
		for name := range properties {
			fields[name] = true
		}
		return fields
	}
	return nil
}

func knownFields() map[string]bool {
	fields := map[string]bool{}
	for f := range reflect.TypeFor[v1alpha1.SuperOfficeWebhookSpec]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = true
	}
	return fields
}

// operator looks for its Deployment, wherever it is.
func (p *patient) operator(ctx context.Context, f *findings) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "DeploymentList"})
	err := p.cluster.Client.List(ctx, list, client.MatchingLabels{"app.kubernetes.io/name": operatorName})
	if err != nil {
		f.skip(right(err, "Ask somebody who may list Deployments in all namespaces."), "its Deployment cannot be looked for: %v", err)
		return
	}
	if len(list.Items) == 0 {
		f.fail("Install it. Receivers that are there work on, but nothing that you change takes effect.", "there is no Deployment with the label app.kubernetes.io/name=%s", operatorName)
		return
	}
	for i := range list.Items {
		d := &list.Items[i]
		available, _, _ := unstructured.NestedInt64(d.Object, "status", "availableReplicas")
		if available == 0 {
			f.fail("See kubectl describe pods -n "+d.GetNamespace()+" -l app.kubernetes.io/name="+operatorName+" and their logs.", "Deployment %s/%s has no pod that is available", d.GetNamespace(), d.GetName())
			continue
		}
		f.ok("Deployment %s/%s is available, image %s", d.GetNamespace(), d.GetName(), imageOf(d))
	}
}

func imageOf(deployment *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	for _, c := range containers {
		if container, ok := c.(map[string]any); ok {
			if image, ok := container["image"].(string); ok {
				return image
			}
		}
	}
	return "unknown"
}

// tellSkew compares a clock with that of an answer's header, which counts in seconds.
func tellSkew(f *findings, whose string, header http.Header, now time.Time) {
	told, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		f.skip("", "%s does not tell the time", whose)
		return
	}
	skew := now.Sub(told).Round(time.Second)
	switch {
	case skew > maxSkew:
		f.warn("Set the clocks by NTP: certificates and the times in logs go by them.", "the clock of %s is %s behind the one here", whose, skew)
	case skew < -maxSkew:
		f.warn("Set the clocks by NTP: certificates and the times in logs go by them.", "the clock of %s is %s ahead of the one here", whose, -skew)
	default:
		f.ok("the clock of %s agrees with the one here", whose)
	}
}

func minus(a, b map[string]bool) (names []string) {
	for name := range a {
		if !b[name] {
			names = append(names, name)
		}
	}
	return sortedNames(names)
}
