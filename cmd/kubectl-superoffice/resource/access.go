// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"errors"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd"
)

// Access is what the command line says about which cluster and namespace to look into. What is empty is left to the
// kubeconfig.
type Access struct {
	Namespace  string
	Context    string
	Kubeconfig string
	// RequestTimeout is how long a single request to the API server may take; 0: as long as it takes.
	RequestTimeout time.Duration
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
	f.Var((*requestTimeout)(&a.RequestTimeout), "request-timeout", "how long a single request to the API server may take, like 10s; 0: as long as it takes")
}

// Given tells whether any of it was said.
func (a *Access) Given() bool { return *a != Access{} }

// Connect connects to the cluster.
func (a *Access) Connect() (*Cluster, error) {
	c, err := Connect(a.Kubeconfig, a.Context, a.Namespace)
	if err != nil {
		return nil, err
	}
	c.Client = bounded{c.Client, a.RequestTimeout}
	return c, nil
}

// requestTimeout is a flag that takes what kubectl's of this name takes: a number of seconds, too.
type requestTimeout time.Duration

func (t *requestTimeout) Set(s string) error {
	d, err := clientcmd.ParseTimeout(s)
	if err != nil || d < 0 {
		return errors.New("it must be a time like 10s or 1m, or a number of seconds")
	}
	*t = requestTimeout(d)
	return nil
}

func (t *requestTimeout) String() string {
	if *t == 0 {
		return "0"
	}
	return time.Duration(*t).String()
}

func (*requestTimeout) Type() string { return "duration" }
