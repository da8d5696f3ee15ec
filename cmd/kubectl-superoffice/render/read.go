// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// read returns the resources, and the members of the pools that these are in: all that there are in the cluster, or in the
// file.
func (o *options) read(ctx context.Context, stdin io.Reader, stderr io.Writer) (webhooks []*v1alpha1.SuperOfficeWebhook, pools [][]*v1alpha1.SuperOfficeWebhook, err error) {
	if o.file != "" {
		webhooks, err = o.readFile(stdin)
		return webhooks, poolsOf(webhooks), err
	}
	cluster, err := o.access.Connect()
	if err != nil {
		return nil, nil, err
	}
	w, err := resource.Get(ctx, cluster.Client, client.ObjectKey{Namespace: cluster.Namespace, Name: o.name})
	if err != nil {
		return nil, nil, err
	}
	if err := o.asDeployed(ctx, cluster.Client, w, stderr); err != nil {
		return nil, nil, err
	}
	webhooks = []*v1alpha1.SuperOfficeWebhook{w}
	if w.Spec.Receiver.Pool == "" {
		return webhooks, nil, nil
	}
	var list v1alpha1.SuperOfficeWebhookList
	if err := resource.List(ctx, cluster.Client, &list, client.InNamespace(w.Namespace)); err != nil {
		return nil, nil, err
	}
	var members []*v1alpha1.SuperOfficeWebhook
	for i := range list.Items {
		if m := &list.Items[i]; m.Spec.Receiver.Pool == w.Spec.Receiver.Pool && m.DeletionTimestamp.IsZero() {
			members = append(members, m)
		}
	}
	return webhooks, poolsOf(members), nil
}

// asDeployed takes the image and the version that nobody gave from the Deployment of the receivers: which these are is up to
// the operator, whose version need not be the plugin's.
func (o *options) asDeployed(ctx context.Context, c client.Reader, w *v1alpha1.SuperOfficeWebhook, stderr io.Writer) error {
	name := client.ObjectKey{Namespace: w.Namespace, Name: render.ReceiversName(w)}
	var deployment appsv1.Deployment
	err := c.Get(ctx, name, &deployment)
	switch {
	case apierrors.IsNotFound(err): // it is not made yet
		return nil
	case apierrors.IsForbidden(err):
		fmt.Fprintf(stderr, "note: without the right to get Deployment %s, the image and the version are those of the plugin\n", name)
		return nil
	case err != nil:
		return fmt.Errorf("read Deployment %s: %w", name, err)
	}
	for i := range deployment.Spec.Template.Spec.Containers {
		if c := &deployment.Spec.Template.Spec.Containers[i]; c.Name == "receiver" {
			o.image = cmp.Or(o.image, c.Image)
		}
	}
	o.version = cmp.Or(o.version, deployment.Labels["app.kubernetes.io/version"])
	return nil
}

// poolsOf groups the members of each pool.
func poolsOf(webhooks []*v1alpha1.SuperOfficeWebhook) [][]*v1alpha1.SuperOfficeWebhook {
	var pools [][]*v1alpha1.SuperOfficeWebhook
	for _, w := range webhooks {
		if w.Spec.Receiver.Pool == "" {
			continue
		}
		i := slices.IndexFunc(pools, func(members []*v1alpha1.SuperOfficeWebhook) bool {
			return members[0].Namespace == w.Namespace && members[0].Spec.Receiver.Pool == w.Spec.Receiver.Pool
		})
		if i < 0 {
			i, pools = len(pools), append(pools, nil)
		}
		pools[i] = append(pools[i], w)
	}
	return pools
}

func (o *options) readFile(stdin io.Reader) ([]*v1alpha1.SuperOfficeWebhook, error) {
	var text []byte
	var err error
	if o.file == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(o.file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return parse(text, o.access.Namespace)
}

// parse reads the SuperOfficeWebhooks of a file, strict about their fields.
func parse(text []byte, namespace string) ([]*v1alpha1.SuperOfficeWebhook, error) {
	var found []*v1alpha1.SuperOfficeWebhook
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, exit.Errorf(exit.Wrong, "the file is no YAML: %w", err)
		}
		more, err := webhooksOf(document)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	for _, w := range found {
		if w.Namespace == "" {
			w.Namespace = namespace
		}
	}
	if len(found) == 0 {
		return nil, exit.Errorf(exit.Wrong, "there is no SuperOfficeWebhook (%s) in the file", v1alpha1.GroupVersion)
	}
	return found, nil
}

// webhooksOf reads the SuperOfficeWebhooks of a document: one, those of a list as kubectl get prints it, or none.
func webhooksOf(document []byte) ([]*v1alpha1.SuperOfficeWebhook, error) {
	var kind struct {
		APIVersion, Kind string
		Items            []json.RawMessage
	}
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return nil, exit.Errorf(exit.Wrong, "the file is no YAML: %w", err)
	}
	switch {
	case kind.Kind == "List" && kind.APIVersion == "v1", kind.Kind == "SuperOfficeWebhookList" && kind.APIVersion == v1alpha1.GroupVersion.String():
		var found []*v1alpha1.SuperOfficeWebhook
		for _, item := range kind.Items {
			more, err := webhooksOf(item)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
		return found, nil
	case kind.Kind != "SuperOfficeWebhook" || kind.APIVersion != v1alpha1.GroupVersion.String():
		return nil, nil
	}
	w := &v1alpha1.SuperOfficeWebhook{}
	if err := yaml.UnmarshalStrict(document, w); err != nil {
		return nil, exit.Errorf(exit.Wrong, "a SuperOfficeWebhook in the file: %w", err)
	}
	return []*v1alpha1.SuperOfficeWebhook{w}, nil
}
