// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/test/cluster"
)

const (
	definitionFile = "../../config/crd/bases/webhooks.superoffice.dev_superofficewebhooks.yaml"
	namespace      = "sales"
)

// server is a real API server that knows the resource and that nobody else works at. It is nil in short tests.
var server client.Client

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run())
	}
	os.Exit(run(m))
}

// run returns the exit code, after everything that was started has ended.
func run(m *testing.M) (code int) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	c, err := cluster.Start(ctx, cluster.Options{WithoutControllers: true})
	if err != nil {
		return fail(err)
	}
	defer func() {
		if err := c.Stop(); err != nil {
			code = fail(err)
		}
	}()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensions.AddToScheme, AddToScheme} {
		if err := add(scheme); err != nil {
			return fail(err)
		}
	}
	if server, err = client.New(c.Config(), client.Options{Scheme: scheme}); err != nil {
		return fail(err)
	}
	if err := install(ctx); err != nil {
		return fail(err)
	}
	return m.Run()
}

// install makes the resource known and waits until it can be written.
func install(ctx context.Context) error {
	if err := server.Create(ctx, &core.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return fmt.Errorf("create namespace: %w", err)
	}
	d, err := readDefinition()
	if err != nil {
		return err
	}
	if err := server.Create(ctx, d); err != nil {
		return fmt.Errorf("create definition: %w", err)
	}
	return wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		return server.List(ctx, &SuperOfficeWebhookList{}) == nil, nil
	})
}

// readDefinition reads the definition that was generated from this package.
func readDefinition() (*apiextensions.CustomResourceDefinition, error) {
	data, err := os.ReadFile(definitionFile)
	if err != nil {
		return nil, err
	}
	var d apiextensions.CustomResourceDefinition
	return &d, yaml.UnmarshalStrict(data, &d)
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// needsServer skips a test where there is no API server.
func needsServer(t *testing.T) {
	t.Helper()
	if server == nil {
		t.Skip("needs an API server, which -short leaves out")
	}
}
