// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	core "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// figures are what was measured with a number of resources.
type figures struct {
	resources int
	// created is from the first resource to the last that is ready.
	created  time.Duration
	requests map[string]float64 // of a creation, by kind
	// deployments and poolRequests, of a creation, are of resources in pools only.
	deployments  int
	poolRequests float64
	// memory after the creation, and at its highest, in MiB.
	memory, peak float64
	rested       time.Duration
	restWrites   int
	restReads    float64 // a second
	rotation     float64 // requests for a Secret's new value
	reaction     []time.Duration
	burst        int
	burstTook    time.Duration
	restart      time.Duration
	// restartWrites and restartReads of the manager that was started anew.
	restartWrites, restartReads int
}

// pause without a request after which nothing is under way any more.
const pause = 5 * time.Second

func (b *bench) measure(ctx context.Context, n int) (*figures, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := b.stage(ctx, n)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return s.do(ctx, []step{
		{"create", s.create}, {"rest", s.atRest}, {"rotate", s.rotate}, {"react", s.react}, {"change at once", s.changeAtOnce}, {"restart", s.restart},
	})
}

// step is a part of a measurement.
type step struct {
	what string
	do   func(context.Context, *figures) error
}

func (s *stage) do(ctx context.Context, steps []step) (*figures, error) {
	f := &figures{resources: s.n}
	for _, step := range steps {
		began := time.Now()
		if err := step.do(ctx, f); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
		say("  %s: %s", step.what, time.Since(began).Round(100*time.Millisecond))
	}
	return f, s.manager.end()
}

func (s *stage) create(ctx context.Context, f *figures) (err error) {
	namespaces := s.namespacesOf()
	err = each(ctx, len(namespaces), func(ctx context.Context, i int) error {
		return s.client.Create(ctx, &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: namespaces[i]}})
	})
	if err != nil {
		return err
	}
	err = each(ctx, s.n, func(ctx context.Context, i int) error { return s.client.Create(ctx, s.secret(i)) })
	if err != nil {
		return err
	}
	if err := s.addReceivers(namespaces); err != nil {
		return err
	}
	if s.manager, err = startManager(s.spawner, s.bench.manager, s.dir); err != nil {
		return err
	}
	if err := s.working(ctx); err != nil {
		return err
	}
	if _, err := s.audit.take(); err != nil {
		return err
	}
	began := time.Now()
	err = each(ctx, s.n, func(ctx context.Context, i int) error { return s.client.Create(ctx, s.webhook(i)) })
	if err != nil {
		return err
	}
	if err := s.await(ctx, s.n, ready); err != nil {
		return err
	}
	f.created = time.Since(began)
	requests, err := s.whenQuiet(ctx)
	if err != nil {
		return err
	}
	f.requests = perResource(requests, s.n)
	f.poolRequests = ofPools(requests) / float64(s.n)
	f.memory, f.peak, err = s.manager.memory()
	if err == nil && s.keep != "" {
		err = s.manager.profile(ctx, "heap?gc=1", filepath.Join(s.keep, fmt.Sprintf("heap-%d.pprof", s.n)))
	}
	return err
}

// working waits until the manager has its lease and watches.
func (s *stage) working(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		workers, err := s.manager.metric(ctx, "controller_runtime_max_concurrent_reconciles")
		if err == nil && workers > 0 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the manager does not work: %w", ctx.Err())
		}
		wait(ctx, 50*time.Millisecond)
	}
}

func (s *stage) whenQuiet(ctx context.Context) ([]request, error) {
	if _, err := s.audit.quiet(ctx, pause); err != nil {
		return nil, err
	}
	return s.audit.take()
}

func (s *stage) atRest(ctx context.Context, f *figures) error {
	f.rested = s.rest
	if s.n != s.restAt {
		f.rested /= 10
	}
	wait(ctx, f.rested)
	requests, err := s.audit.take()
	if err != nil {
		return firstError(ctx.Err(), err)
	}
	f.restWrites = writesOf(requests)
	f.restReads = float64(len(requests)-f.restWrites) / f.rested.Seconds()
	return ctx.Err()
}

// rotate gives Secrets new values, which the manager must look at, and tell of once receivers have them.
func (s *stage) rotate(ctx context.Context, f *figures) error {
	n := min(s.rotations, s.n)
	if err := each(ctx, n, func(ctx context.Context, i int) error { return s.client.Update(ctx, s.secret(i)) }); err != nil {
		return err
	}
	requests, err := s.whenQuiet(ctx)
	f.rotation = float64(len(requests)) / float64(n)
	return err
}

// react takes the key of one Secret after the other away, and gives it back: the time until the status tells.
func (s *stage) react(ctx context.Context, f *figures) error {
	for range s.rotations / 2 {
		i := rand.IntN(s.n)
		missing, whole := s.secret(i), s.secret(i)
		missing.Data = map[string][]byte{"other": []byte("value")}
		for _, secret := range []*core.Secret{missing, whole} {
			want := meta.ConditionTrue
			if secret == missing {
				want = meta.ConditionFalse
			}
			began := time.Now()
			if err := s.client.Update(ctx, secret); err != nil {
				return err
			}
			err := s.await(ctx, 1, func(w *v1alpha1.SuperOfficeWebhook) bool {
				return client.ObjectKeyFromObject(w) == s.name(i) && apimeta.IsStatusConditionPresentAndEqual(w.Status.Conditions, v1alpha1.ConditionSecretResolved, want)
			})
			if err != nil {
				return err
			}
			f.reaction = append(f.reaction, time.Since(began))
		}
	}
	slices.Sort(f.reaction)
	_, err := s.whenQuiet(ctx)
	return err
}

// changeAtOnce gives many resources another sink.
func (s *stage) changeAtOnce(ctx context.Context, f *figures) error {
	f.burst = min(s.bench.burst, s.n)
	began := time.Now()
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"sinks":[{"name":"erp","http":{"url":"https://erp.example.com/other"}}]}}`))
	err := each(ctx, f.burst, func(ctx context.Context, i int) error { return s.client.Patch(ctx, s.webhook(i), patch) })
	if err != nil {
		return err
	}
	err = s.await(ctx, f.burst, func(w *v1alpha1.SuperOfficeWebhook) bool { return w.Generation == 2 && ready(w) })
	f.burstTook = time.Since(began)
	return err
}

// restart ends the manager and starts another one, until it has looked at everything.
func (s *stage) restart(ctx context.Context, f *figures) error {
	if _, err := s.whenQuiet(ctx); err != nil {
		return err
	}
	if err := s.manager.end(); err != nil {
		return err
	}
	began := time.Now()
	var err error
	if s.manager, err = startManager(s.spawner, s.bench.manager, s.dir); err != nil {
		return err
	}
	if err := s.lookedAtAll(ctx); err != nil {
		return err
	}
	f.restart = time.Since(began)
	requests, err := s.whenQuiet(ctx)
	f.restartWrites = writesOf(requests)
	f.restartReads = len(requests) - f.restartWrites
	return err
}

func (s *stage) lookedAtAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		rounds, err := s.manager.metric(ctx, "controller_runtime_reconcile_total")
		if err == nil && int(rounds) >= s.n {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the manager has looked at %v of %d resources: %w", rounds, s.n, ctx.Err())
		}
		wait(ctx, 20*time.Millisecond)
	}
}
