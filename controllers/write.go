// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/controllers/render"
)

// writer writes the objects of a kind of owners.
type writer struct {
	// client reads from the cache and writes.
	client client.Client
	// live reads past the cache.
	live client.Reader
	// applied is what was written last for each owner, by the kind of the object. No two rounds have one owner at a time.
	applied *memory[map[string]written]
}

// written is what an object was when the operator last applied it, until the cache has that.
type written struct {
	applied    string
	version    string
	generation int64
	at         time.Time
}

// write goes on after a claim that is refused, which is its error then: what needs the volume works with the one that is
// there.
func (w writer) write(ctx context.Context, o owner, children []child) ([]obstacle, error) {
	var refused error
	for _, c := range children {
		taken, err := w.bring(ctx, o, c)
		switch {
		case isRefused(err) && c.wanted.GetKind() == "PersistentVolumeClaim":
			refused = &claimRefused{c.wanted.GetName(), err}
		case err != nil:
			return nil, fmt.Errorf("apply %s %q: %w", c.wanted.GetKind(), c.wanted.GetName(), err)
		case taken != nil:
			return []obstacle{*taken}, nil
		}
	}
	return nil, refused
}

// claimRefused is the API server's no to the claim of the queue's volume.
type claimRefused struct {
	name string
	err  error
}

func (e *claimRefused) Error() string {
	return fmt.Sprintf("PersistentVolumeClaim %q is refused: %v; set spec.queue.embedded back to what it was, or have the cluster allow it: "+
		"a volume can only grow where its StorageClass has allowVolumeExpansion", e.name, e.err)
}

func (e *claimRefused) Unwrap() error { return e.err }

// isRefused tells what the API server or one of its admission webhooks will refuse again: somebody has to put it right.
func isRefused(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err)
}

// bring makes an object what is wanted, unless it is that. It returns what is in the way, if that is somebody else's.
func (w writer) bring(ctx context.Context, o owner, c child) (*obstacle, error) {
	kind := c.wanted.GetKind()
	last := w.applied.recall(o.key)
	if last == nil {
		last = map[string]written{}
		w.applied.keep(o.key, last)
	}
	same, seen := unchanged(c, last[kind])
	if seen {
		delete(last, kind)
	}
	if same && !o.asked {
		return nil, nil
	}
	taken, err := w.writeChild(ctx, o, c)
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
		return c.live.GetAnnotations()[render.AnnotationApplied] == c.applied && ownedByAll(c) && owns(c.live, c.wanted.Object), true
	}
	return last.applied == c.applied && time.Since(last.at) < cacheLag, false
}

// ownedByAll tells whether an object has all owners that it is to have.
func ownedByAll(c child) bool {
	has := map[types.UID]bool{}
	for _, r := range c.live.GetOwnerReferences() {
		has[r.UID] = true
	}
	return !slices.ContainsFunc(c.wanted.GetOwnerReferences(), func(r meta.OwnerReference) bool { return !has[r.UID] })
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
func (w writer) writeChild(ctx context.Context, o owner, c child) (*obstacle, error) {
	if c.live == nil {
		c.wanted.SetResourceVersion(noVersion)
		err := w.applyChild(ctx, c)
		if !apierrors.IsConflict(err) {
			return nil, err
		}
		conflict := err
		if c.live, err = w.past(ctx, c.wanted.GroupVersionKind(), client.ObjectKeyFromObject(c.wanted)); err != nil {
			return nil, err
		}
		switch {
		case c.live == nil: // it has gone meanwhile
			return nil, conflict
		case !o.owns(c.live):
			taken := obstacleOf(o, c)
			return &taken, nil
		}
		c.wanted.SetResourceVersion("")
	}
	c.wanted.SetUID(c.live.GetUID())
	err := w.applyChild(ctx, c)
	if apierrors.IsInvalid(err) && w.replaceSpec(ctx, c) == nil {
		err = w.applyChild(ctx, c)
	}
	return nil, err
}

func (w writer) applyChild(ctx context.Context, c child) error {
	if err := w.yieldReplicas(ctx, c); err != nil {
		return err
	}
	before := ""
	if c.live != nil {
		before = c.live.GetResourceVersion()
	}
	err := w.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(c.wanted), client.FieldOwner(FieldManager), client.ForceOwnership)
	if err == nil && c.wanted.GetResourceVersion() != before {
		ctrl.LoggerFrom(ctx).Info("Applied an object", "kind", c.wanted.GetKind(), "object", c.wanted.GetName())
	}
	return err
}

// replaceSpec makes good what an apply can't. Where somebody gave an entry of a list another key, as with the number of a
// Service's port, an apply adds the wanted entry beside it, and two ports of one name are refused. A merge patch replaces
// each list as a whole.
func (w writer) replaceSpec(ctx context.Context, c child) error {
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
	return w.client.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager))
}
