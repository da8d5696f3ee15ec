// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// Several is which resources of a namespace a command is about: those that are named, or those with some labels, or all.
type Several struct {
	Names    []string
	All      bool
	Selector string

	matching labels.Selector
}

// AddFlags adds --all and --selector.
func (s *Several) AddFlags(f *pflag.FlagSet) {
	f.BoolVar(&s.All, "all", false, "all SuperOfficeWebhooks of the namespace")
	f.StringVarP(&s.Selector, "selector", "l", "", "those of the namespace with these labels, like team=sales")
}

// Complete takes the names, and refuses to mean all by leaving out which are meant.
func (s *Several) Complete(names []string) (err error) {
	s.Names = names
	if s.matching, err = labels.Parse(s.Selector); err != nil {
		return fmt.Errorf("--selector: %w", err)
	}
	ways := 0
	for _, given := range []bool{len(names) > 0, s.All, s.Selector != ""} {
		if given {
			ways++
		}
	}
	switch ways {
	case 0:
		return errors.New("name SuperOfficeWebhooks, or give --selector, or --all for all of the namespace")
	case 1:
		return nil
	}
	return errors.New("names, --selector and --all exclude each other")
}

// Find reads them.
func (s *Several) Find(ctx context.Context, c *Cluster) ([]v1alpha1.SuperOfficeWebhook, error) {
	var found []v1alpha1.SuperOfficeWebhook
	for _, name := range s.Names {
		webhook, err := Get(ctx, c.Client, client.ObjectKey{Namespace: c.Namespace, Name: name})
		if err != nil {
			return nil, err
		}
		found = append(found, *webhook)
	}
	if len(s.Names) > 0 {
		return found, nil
	}
	var list v1alpha1.SuperOfficeWebhookList
	if err := List(ctx, c.Client, &list, client.InNamespace(c.Namespace), client.MatchingLabelsSelector{Selector: s.matching}); err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, fmt.Errorf("there are no such SuperOfficeWebhooks in namespace %s", c.Namespace)
	}
	return list.Items, nil
}

// FieldManager is who the API server notes as the author of what the plugin changes.
const FieldManager = "kubectl-superoffice"

// Patch changes some fields of a resource by a JSON merge patch.
func Patch(ctx context.Context, c *Cluster, webhook *v1alpha1.SuperOfficeWebhook, patch []byte) error {
	changed := &v1alpha1.SuperOfficeWebhook{}
	changed.Namespace, changed.Name = webhook.Namespace, webhook.Name
	if err := c.Client.Patch(ctx, changed, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager)); err != nil {
		return fmt.Errorf("change SuperOfficeWebhook %s/%s: %w", webhook.Namespace, webhook.Name, err)
	}
	*webhook = *changed
	return nil
}
