// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"github.com/spf13/pflag"
)

// Access is what the command line says about which cluster and namespace to look into. What is empty is left to the
// kubeconfig.
type Access struct {
	Namespace  string
	Context    string
	Kubeconfig string
}

// AddFlags adds kubectl's flags of these names, -n included.
func (a *Access) AddFlags(f *pflag.FlagSet) {
	f.StringVarP(&a.Namespace, "namespace", "n", "", "namespace of the SuperOfficeWebhook")
	a.AddConnectionFlags(f)
}

// AddConnectionFlags leaves the namespace out.
func (a *Access) AddConnectionFlags(f *pflag.FlagSet) {
	f.StringVar(&a.Context, "context", "", "context of the kubeconfig")
	f.StringVar(&a.Kubeconfig, "kubeconfig", "", "path of the kubeconfig")
}

// Given tells whether any of it was said.
func (a *Access) Given() bool { return *a != Access{} }

// Connect connects to the cluster.
func (a *Access) Connect() (*Cluster, error) { return Connect(a.Kubeconfig, a.Context, a.Namespace) }
