// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// written is what an object was when the operator last applied it, until the cache has that.
type written struct {
	applied    string
	version    string
	generation int64
	at         time.Time
}

func (r *Reconciler) write(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, children []child) ([]obstacle, error) {
	for _, c := range children {
		taken, err := r.bring(ctx, webhook, c)
		if err != nil {
			return nil, fmt.Errorf("apply %s %q: %w", c.wanted.GetKind(), c.wanted.GetName(), err)
		}
		if taken != nil {
			return []obstacle{*taken}, nil
		}
	}
	return nil, nil
}

// bring makes an object what is wanted, unless it is that. It returns what is in the way, if that is somebody else's.
func (r *Reconciler) bring(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, c child) (*obstacle, error) {
	key, kind := client.ObjectKeyFromObject(webhook), c.wanted.GetKind()
	last := r.applied.recall(key) // by the kind; no other round has it at the same time
	if last == nil {
		last = map[string]written{}
		r.applied.keep(key, last)
	}
	same, seen := unchanged(c, last[kind])
	if seen {
		delete(last, kind)
	}
	if same && requested(webhook) == webhook.Status.LastHandledReconcileAt {
		return nil, nil
	}
	taken, err := r.writeChild(ctx, webhook, c)
	if taken == nil && err == nil {
		last[kind] = written{applied: c.applied, version: c.wanted.GetResourceVersion(), generation: c.wanted.GetGeneration(), at: time.Now()}
	}
	return taken, err
}

// cacheLag is the longest that the cache is believed to be behind the operator's own writes.
const cacheLag = 10 * time.Second

// unchanged tells whether an object is what is wanted, as the cache has it (which then has seen the last write) or, while
// that lags behind, as it was written.
func unchanged(c child, last written) (same, seen bool) {
	if c.live != nil && !older(c.live.GetResourceVersion(), last.version) {
		return c.live.GetAnnotations()[render.AnnotationApplied] == c.applied && owns(c.live, c.wanted.Object), true
	}
	return last.applied == c.applied && time.Since(last.at) < cacheLag, false
}

func older(version, than string) bool {
	if than == "" {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(version, than)
	return err == nil && order < 0
}

// noVersion is the resourceVersion of no object: a server-side apply with it makes one, and is refused as a conflict where
// there is one already. So most objects take one request to be made, and none of somebody else's is ever adopted.
const noVersion = "1"

// writeChild applies an object. The uid of the one that was looked at goes along, so that one that took its place since is
// not adopted. It returns what is in the way, if that is somebody else's.
func (r *Reconciler) writeChild(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, c child) (*obstacle, error) {
	if c.live == nil {
		c.wanted.SetResourceVersion(noVersion)
		err := r.applyChild(ctx, c)
		if !apierrors.IsConflict(err) {
			return nil, err
		}
		conflict := err
		if c.live, err = r.past(ctx, c.wanted.GroupVersionKind(), client.ObjectKeyFromObject(c.wanted)); err != nil {
			return nil, err
		}
		switch {
		case c.live == nil: // it has gone meanwhile
			return nil, conflict
		case !meta.IsControlledBy(c.live, webhook):
			taken := obstacleOf(webhook, c)
			return &taken, nil
		}
		c.wanted.SetResourceVersion("")
	}
	c.wanted.SetUID(c.live.GetUID())
	err := r.applyChild(ctx, c)
	if apierrors.IsInvalid(err) && r.replaceSpec(ctx, c) == nil {
		err = r.applyChild(ctx, c)
	}
	return nil, err
}

func (r *Reconciler) applyChild(ctx context.Context, c child) error {
	if err := r.yieldReplicas(ctx, c); err != nil {
		return err
	}
	before := ""
	if c.live != nil {
		before = c.live.GetResourceVersion()
	}
	err := r.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(c.wanted), client.FieldOwner(FieldManager), client.ForceOwnership)
	if err == nil && c.wanted.GetResourceVersion() != before {
		ctrl.LoggerFrom(ctx).Info("Applied an object", "kind", c.wanted.GetKind(), "object", c.wanted.GetName())
	}
	return err
}

// replaceSpec makes good what an apply can't. Where somebody gave an entry of a list another key, as with the number of a
// Service's port, an apply adds the wanted entry beside it, and two ports of one name are refused. A merge patch replaces
// each list as a whole.
func (r *Reconciler) replaceSpec(ctx context.Context, c child) error {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": c.live.GetUID()},
		"spec":     c.wanted.Object["spec"],
	})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	object := metadataOf(c.wanted.GroupVersionKind())
	object.SetNamespace(c.wanted.GetNamespace())
	object.SetName(c.wanted.GetName())
	return r.Client.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager))
}
