// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	apps "k8s.io/api/apps/v1"

	"github.com/superoffice-webhook/operator/controllers/render"
)

// pool is the name of the only one in each namespace.
const pool = "edge"

// measurePools measures what resources cost that share receivers.
func (b *bench) measurePools(ctx context.Context) (*figures, error) {
	if b.poolSize < 1 || b.pooled%b.poolSize != 0 {
		return nil, fmt.Errorf("%d resources are no number of whole pools of %d", b.pooled, b.poolSize)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := b.stage(ctx, b.pooled)
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.inPools = true
	return s.do(ctx, []step{{"create", s.create}, {"count Deployments", s.countDeployments}, {"rest", s.atRest}, {"restart", s.restart}})
}

func (s *stage) countDeployments(ctx context.Context, f *figures) error {
	var all apps.DeploymentList
	err := s.client.List(ctx, &all)
	f.deployments = len(all.Items)
	return err
}

// ofPools counts the requests that were about objects of pools.
func ofPools(requests []request) (n float64) {
	for _, r := range requests {
		if r.ObjectRef.Name == render.PoolName(pool) {
			n++
		}
	}
	return n
}
