// SPDX-License-Identifier: Apache-2.0

package get

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// againAfter is the pause before a watch that the API server ended is begun anew.
const againAfter = time.Second

// follow writes one more row for each change until the context ends, which is how it is meant to end. A watch begins with
// what is there: what was shown already is not shown again.
func (o *options) follow(ctx context.Context, cluster *resource.Cluster, found *list, w io.Writer) error {
	widths, shown := o.table(found.rows(time.Now())).Widths(), map[client.ObjectKey]string{}
	for i := range found.Items {
		shown[client.ObjectKeyFromObject(&found.Items[i])] = found.Items[i].ResourceVersion
	}
	for ctx.Err() == nil {
		changes, err := cluster.Client.Watch(ctx, &v1alpha1.SuperOfficeWebhookList{}, o.scope(cluster)...)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch SuperOfficeWebhooks: %w", err)
		}
		err = o.show(ctx, changes, widths, shown, w)
		changes.Stop()
		if err != nil {
			return fmt.Errorf("write the table: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(againAfter):
		}
	}
	return nil
}

func (o *options) show(ctx context.Context, changes watch.Interface, widths []int, shown map[client.ObjectKey]string, w io.Writer) error {
	for {
		var change watch.Event
		var open bool
		select {
		case <-ctx.Done():
			return nil
		case change, open = <-changes.ResultChan():
		}
		webhook, ok := change.Object.(*v1alpha1.SuperOfficeWebhook)
		if !open || !ok { // it has ended, or tells why it will
			return nil
		}
		key := client.ObjectKeyFromObject(webhook)
		if shown[key] == webhook.ResourceVersion || len(o.names) > 0 && !slices.Contains(o.names, webhook.Name) {
			continue
		}
		shown[key] = webhook.ResourceVersion
		r := rowOf(webhook, time.Now())
		if change.Type == watch.Deleted {
			r.Ready, r.Reason = "-", "Deleted"
		}
		if err := output.WriteRow(w, output.PaletteOf(w), widths, o.cells(r)); err != nil {
			return err
		}
	}
}
