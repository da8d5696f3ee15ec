// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// maxSkew is more than the way of an answer takes, and less than what breaks certificates or misleads people.
const maxSkew = 30 * time.Second

// operatorLabels are on the operator's Deployment, however it is installed and called.
var operatorLabels = labels.Set{"app.kubernetes.io/component": "manager", "app.kubernetes.io/part-of": "superoffice-webhook-operator"}

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

func newObject(group, version, kind string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: version, Kind: kind})
	return o
}

// operator looks for its Deployment, wherever it is. That there is none with its labels need not mean that it is missing: it may
// run in another cluster, or have been installed by manifests of somebody's own.
func (p *patient) operator(ctx context.Context, f *findings) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "DeploymentList"})
	err := p.cluster.Client.List(ctx, list, client.MatchingLabels(operatorLabels))
	if err != nil {
		f.skip(right(err, "Ask somebody who may list Deployments in all namespaces."), "its Deployment cannot be looked for: %v", err)
		return
	}
	if len(list.Items) == 0 {
		f.warn("Install it, unless it runs without these labels. Without it receivers that are there work on, but nothing that you change takes effect.", "there is no Deployment with the labels %s", operatorLabels)
		return
	}
	for i := range list.Items {
		tellOperator(f, &list.Items[i])
	}
}

func tellOperator(f *findings, d *unstructured.Unstructured) {
	available, _, _ := unstructured.NestedInt64(d.Object, "status", "availableReplicas")
	if available == 0 {
		pods, _, _ := unstructured.NestedStringMap(d.Object, "spec", "selector", "matchLabels")
		f.fail("See kubectl describe pods -n "+d.GetNamespace()+" -l "+labels.Set(pods).String()+" and their logs.", "Deployment %s/%s has no pod that is available", d.GetNamespace(), d.GetName())
		return
	}
	f.ok("Deployment %s/%s is available, image %s", d.GetNamespace(), d.GetName(), imageOf(d))
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
