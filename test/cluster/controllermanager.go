// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
)

// localControllers are all but those that have no work here, or do harm.
const localControllers = "*" +
	// Pods have loopback addresses, which EndpointSlices and Endpoints refuse: each Service would collect errors.
	",-endpoints-controller,-endpointslice-controller,-endpointslice-mirroring-controller" +
	// The node lives in this process: if it is slow, so is everything, and no pod should be evicted for it.
	",-node-lifecycle-controller,-taint-eviction-controller"

func (c *Cluster) startControllerManager(ctx context.Context) error {
	controllers := localControllers
	if len(c.options.NodeAddresses) > 0 {
		controllers = "*"
	}
	var err error
	c.controllerManager, err = startComponent(c.spawner, c.state, "kube-controller-manager", c.programs[binaries.ControllerManager],
		"--kubeconfig="+c.Kubeconfig(),
		"--secure-port=0",
		"--leader-elect=false",
		"--controllers="+controllers,
		"--service-account-private-key-file="+c.state.path("service-accounts.key"),
		"--root-ca-file="+c.state.path("ca.crt"),
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		"--profiling=false",
	)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	// Without its default ServiceAccount a namespace refuses pods; once it is there, the controllers are at work.
	return c.controllerManager.await(ctx, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}
