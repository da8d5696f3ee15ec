// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/test/cluster"
	"github.com/superoffice-webhook/operator/test/cluster/stage"
)

// root is the repository, in which all commands of these tests run.
const root = "../.."

// tools are the programs that people install the operator with, and the cluster they do it in.
var tools struct {
	kubectl, helm string
	environment   []string
	cluster       *cluster.Cluster
}

func TestMain(m *testing.M) {
	os.Exit(stage.Main(m, stage.Options{
		Root:  root,
		Build: []string{"./cmd/..."},
		Images: map[string]string{
			"ghcr.io/superoffice-webhook/manager":             "manager",
			"ghcr.io/superoffice-webhook/receiver":            "receiver",
			"ghcr.io/superoffice-webhook/kubectl-superoffice": "kubectl-superoffice",
		},
		SetUp: setUp,
	}))
}

func setUp(ctx context.Context, s *stage.Stage) (err error) {
	tools.cluster, tools.kubectl = s.Cluster, s.Kubectl
	tools.environment = append(os.Environ(),
		"KUBECONFIG="+s.Kubeconfig(),
		"HELM_CACHE_HOME="+s.Dir, "HELM_CONFIG_HOME="+s.Dir, "HELM_DATA_HOME="+s.Dir) // not those of whoever runs the tests
	tools.helm, err = helm(ctx)
	return err
}

// helm returns the path of the pinned Helm, compiled if need be.
func helm(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile=tools/go.mod", "-n", "helm")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("compile helm: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
