// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// read returns the resources, and the members of the pools that these are in: all that there are in the cluster, or in the
// file.
func (o *options) read(ctx context.Context, stdin io.Reader) (webhooks []*v1alpha1.SuperOfficeWebhook, pools [][]*v1alpha1.SuperOfficeWebhook, err error) {
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
		var kind struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return nil, exit.Errorf(exit.Wrong, "the file is no YAML: %w", err)
		}
		if kind.Kind != "SuperOfficeWebhook" || kind.APIVersion != v1alpha1.GroupVersion.String() {
			continue
		}
		w := &v1alpha1.SuperOfficeWebhook{}
		if err := yaml.UnmarshalStrict(document, w); err != nil {
			return nil, exit.Errorf(exit.Wrong, "a SuperOfficeWebhook in the file: %w", err)
		}
		if w.Namespace == "" {
			w.Namespace = namespace
		}
		found = append(found, w)
	}
	if len(found) == 0 {
		return nil, exit.Errorf(exit.Wrong, "there is no SuperOfficeWebhook (%s) in the file", v1alpha1.GroupVersion)
	}
	return found, nil
}
