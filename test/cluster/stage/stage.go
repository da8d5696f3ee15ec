// SPDX-License-Identifier: Apache-2.0

// Package stage is what the tests of a package share that try this repository's programs on a cluster: the programs, compiled,
// and a cluster whose images hold them.
package stage

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster"
)

// setUpTimeout bounds all that comes before the first test; compiling a cluster for the first time takes minutes.
const setUpTimeout = 15 * time.Minute

// Options say what is to be there.
type Options struct {
	// Root is the path of the repository.
	Root string
	// Build are the arguments for go build, such as "./cmd/...".
	Build []string
	// Images are the programs in images: file names below the stage's folder, or absolute paths.
	Images map[string]string
	// SetUp does what is left to be done before the first test.
	SetUp func(context.Context, *Stage) error
	// TearDown ends what SetUp has begun, before the cluster ends. It may be nil.
	TearDown func() error
}

// Stage is what there is.
type Stage struct {
	*cluster.Cluster
	// Dir is the folder with the programs. It goes with the stage.
	Dir string
	// Kubectl is the path of the program.
	Kubectl string
}

// Main is a whole TestMain: it runs the tests, and returns the exit code after everything that was started has ended. With
// -short it runs none.
func Main(m *testing.M, o Options) (code int) {
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, "skipped: these tests need a cluster")
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "superoffice-webhook-stage-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := &Stage{Dir: dir}
	if err := s.start(ctx, o); err != nil {
		code = fail(err)
	} else {
		code = m.Run()
	}
	if err := s.stop(o); err != nil {
		code = fail(err)
	}
	return code
}

func (s *Stage) start(ctx context.Context, o Options) (err error) {
	build := exec.CommandContext(ctx, "go", append([]string{"build", "-o", s.Dir}, o.Build...)...) // #nosec G204 -- arguments of our own
	build.Dir = o.Root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	if s.Kubectl, err = cluster.Kubectl(ctx, os.Stderr); err != nil {
		return err
	}
	images := map[string]string{}
	for image, program := range o.Images {
		if !filepath.IsAbs(program) {
			program = filepath.Join(s.Dir, program)
		}
		images[image] = program
	}
	if s.Cluster, err = cluster.Start(ctx, cluster.Options{Images: images}); err != nil {
		return fmt.Errorf("start the cluster: %w", err)
	}
	return o.SetUp(ctx, s)
}

func (s *Stage) stop(o Options) error {
	var problems []error
	if o.TearDown != nil {
		problems = append(problems, o.TearDown())
	}
	if s.Cluster != nil {
		problems = append(problems, s.Stop())
	}
	return errors.Join(problems...)
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
