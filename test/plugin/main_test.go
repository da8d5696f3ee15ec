// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/test/cluster"
	"github.com/superoffice-webhook/operator/test/cluster/stage"
)

const (
	root = "../.."
	// version of all programs, which the page shows.
	version = "v0.1.0"
	// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
	patience = 2 * time.Minute
)

// shared is what all tests share: a cluster with the operator, and programs in a PATH.
var shared struct {
	cluster     *cluster.Cluster
	access      *resource.Cluster
	environment []string
}

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	os.Exit(stage.Main(m, stage.Options{
		Root:  root,
		Build: []string{"-ldflags", "-X main.version=" + version, "./cmd/..."},
		Images: map[string]string{
			"ghcr.io/superoffice-webhook/manager":  "manager",
			"ghcr.io/superoffice-webhook/receiver": "receiver",
		},
		SetUp: setUp,
	}))
}

func setUp(ctx context.Context, s *stage.Stage) (err error) {
	shared.cluster = s.Cluster
	shared.environment = append(os.Environ(),
		"KUBECONFIG="+s.Kubeconfig(), "NO_COLOR=1",
		"PATH="+strings.Join([]string{s.Dir, filepath.Dir(s.Kubectl), os.Getenv("PATH")}, string(os.PathListSeparator)))
	if shared.access, err = resource.Connect(s.Kubeconfig(), "", ""); err != nil {
		return err
	}
	return install(ctx, s.Dir)
}

// install installs the operator as people do, and the shim that lets kubectl complete.
func install(ctx context.Context, dir string) error {
	for _, line := range []string{
		"kubectl apply --server-side -k test/demo/manifests/operator",
		"kubectl wait --for=condition=Available deployment --all --namespace=superoffice-webhook-system --timeout=120s",
		"kubectl superoffice completion kubectl > " + dir + "/kubectl_complete-superoffice && chmod +x " + dir + "/kubectl_complete-superoffice",
	} {
		if r := shell(ctx, "", line); r.code != 0 {
			return fmt.Errorf("install: %s: exit code %d\n%s", line, r.code, r.both)
		}
	}
	return nil
}
