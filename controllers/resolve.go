// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"slices"

	core "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// secrets is what is wrong with the Secrets, and the other objects, that a resource refers to.
type secrets struct {
	webhook     []problem
	certificate []problem
	queue       []problem
	sinks       []problem
	targets     render.Targets
	// shared is what receivers are asked about; nil while the shared Secret can't be used.
	shared *sharedSecret
}

// problem is something that keeps a part from being well, in the words of the resource.
type problem struct {
	reason  string
	message string
}

// Secrets are read by name. They are listed and watched as metadata only, which RBAC can't tell from reading them all.
//
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch

// resolve looks whether every Secret has the keys that the resource names. It forgets the values at once: receivers get
// them as files from kubelet, so that nothing here depends on them and pods are made even while a Secret is missing. What it
// remembers is which keys have a value, and a question about the shared ones, until the Secret has another version.
func (r *Reconciler) resolve(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook) (*secrets, error) {
	key := client.ObjectKeyFromObject(webhook)
	read := secretReader{cache: r.Client, live: r.Live, namespace: webhook.Namespace, shared: webhook.Spec.Secret, known: r.keys.recall(key), seen: map[string]secretKeys{}}
	defer func() { r.keys.keep(key, read.seen) }()
	var found secrets
	var err error
	if found.webhook, err = read.sharedSecret(ctx, webhook.Spec.Secret); err != nil {
		return nil, err
	}
	if len(found.webhook) == 0 {
		found.shared = read.seen[webhook.Spec.Secret.Name].shared
	}
	if found.certificate, err = read.lacking(ctx, render.CertificateReferences(webhook)); err != nil {
		return nil, err
	}
	if found.queue, err = read.lacking(ctx, render.QueueReferences(webhook)); err != nil {
		return nil, err
	}
	if found.sinks, err = read.lacking(ctx, render.SinkReferences(webhook)); err != nil {
		return nil, err
	}
	targets, problems, err := r.targets(ctx, webhook)
	if err != nil {
		return nil, err
	}
	found.targets, found.sinks = targets, append(found.sinks, problems...)
	return &found, nil
}

// keys tells of each key of a Secret whether it has a value. It is nil if the Secret does not exist.
type keys map[v1alpha1.SecretKey]bool

// secretKeys are the keys of a Secret at a resourceVersion.
type secretKeys struct {
	version string
	keys    keys
	shared  *sharedSecret // where it is the shared Secret
}

// secretReader reads each Secret once, and only if it has changed since the last round.
type secretReader struct {
	cache, live client.Reader
	namespace   string
	shared      v1alpha1.WebhookSecret
	known, seen map[string]secretKeys
}

func (s *secretReader) sharedSecret(ctx context.Context, ref v1alpha1.WebhookSecret) ([]problem, error) {
	found, err := s.keysOf(ctx, ref.Name)
	if err != nil {
		return nil, err
	}
	problems := found.lack("spec.secret", ref.Name, ref.Key)
	if hasValue, exists := found[ref.PreviousKey]; exists && !hasValue {
		problems = append(problems, emptyValue("spec.secret", ref.Name, ref.PreviousKey))
	}
	return problems, nil
}

// lacking says why references can't be used.
func (s *secretReader) lacking(ctx context.Context, references []render.Reference) ([]problem, error) {
	var problems []problem
	for _, ref := range references {
		found, err := s.keysOf(ctx, ref.Name)
		if err != nil {
			return nil, err
		}
		for _, p := range found.lack(ref.At, ref.Name, ref.Key) {
			if !slices.Contains(problems, p) { // a Secret that is missing is missed once, not by each of its keys
				problems = append(problems, p)
			}
		}
	}
	return problems, nil
}

func (s *secretReader) keysOf(ctx context.Context, name string) (keys, error) {
	found, ok := s.seen[name]
	if ok {
		return found.keys, nil
	}
	key := client.ObjectKey{Namespace: s.namespace, Name: name}
	cached := metadataOf(core.SchemeGroupVersion.WithKind("Secret"))
	err := s.cache.Get(ctx, key, cached)
	if client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	if found, ok = s.known[name]; !ok || err != nil || cached.GetResourceVersion() != found.version || name == s.shared.Name && !found.shared.isOf(s.shared) {
		if found, err = s.read(ctx, key); err != nil {
			return nil, err
		}
	}
	s.seen[name] = found
	return found.keys, nil
}

// read reads a Secret past the cache, which holds metadata only.
func (s *secretReader) read(ctx context.Context, key client.ObjectKey) (secretKeys, error) {
	var secret core.Secret
	if err := s.live.Get(ctx, key, &secret); err != nil {
		return secretKeys{}, client.IgnoreNotFound(err)
	}
	found := secretKeys{version: secret.ResourceVersion, keys: keys{}}
	if key.Name == s.shared.Name {
		found.shared = askAbout(&secret, s.shared)
	}
	for key, value := range secret.Data {
		found.keys[v1alpha1.SecretKey(key)] = len(value) > 0
	}
	return found, nil
}

// lack says why a key can't be used.
func (k keys) lack(at, secret string, key v1alpha1.SecretKey) []problem {
	hasValue, exists := k[key]
	switch {
	case k == nil:
		return []problem{{v1alpha1.ReasonSecretNotFound, fmt.Sprintf("%s: Secret %q not found", at, secret)}}
	case !exists:
		return []problem{{v1alpha1.ReasonKeyNotFound, fmt.Sprintf("%s: Secret %q has no key %q", at, secret, key)}}
	case !hasValue:
		return []problem{emptyValue(at, secret, key)}
	}
	return nil
}

func emptyValue(at, secret string, key v1alpha1.SecretKey) problem {
	return problem{v1alpha1.ReasonEmptyValue, fmt.Sprintf("%s: key %q of Secret %q is empty", at, key, secret)}
}
