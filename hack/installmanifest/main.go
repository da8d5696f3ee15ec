// SPDX-License-Identifier: Apache-2.0

// Installmanifest writes what config/default makes to standard output: one file to install the operator from. It uses the
// kubectl that tests use, so nothing need be installed.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/superoffice-webhook/operator/test/cluster"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintf(os.Stderr, "installmanifest: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	kubectl, err := cluster.Kubectl(ctx, os.Stderr)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, kubectl, "kustomize", "config/default")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
