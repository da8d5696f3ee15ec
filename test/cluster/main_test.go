// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/client-go/kubernetes"

	"github.com/superoffice-webhook/operator/test/await"
)

// roleVariable makes the test binary be something else than the tests: the program in a pod, or the owner of a
// cluster that is killed.
const roleVariable = "CLUSTER_TEST_ROLE"

// image is the one that the test binary stands for.
const image = "registry.example:5000/test/program"

// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const patience = 90 * time.Second

// shared is the cluster that most tests use, each in namespaces of its own.
var shared struct {
	*Cluster
	client  kubernetes.Interface
	kubectl string
	started time.Duration
}

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "pod":
		os.Exit(runProgram(os.Args[1:]))
	case "owner":
		os.Exit(ownCluster(os.Args[1:]))
	}
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, "skipped: these tests need a cluster")
		return
	}
	os.Exit(run(m))
}

// run returns the exit code, after everything that was started has ended.
func run(m *testing.M) (code int) {
	// Tests wait for pods most of the time, so many of them can do it at once.
	if err := flag.Set("test.parallel", "16"); err != nil {
		return fail("let tests run in parallel", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	if err := startShared(ctx); err != nil {
		return fail("start", err)
	}
	defer func() {
		if err := shared.Stop(); err != nil {
			code = fail("stop the cluster", err)
		}
		http.DefaultClient.CloseIdleConnections()
		if err := goleak.Find(); err != nil {
			code = fail("stop the cluster", err)
		}
		if left := processesOf(shared.state.dir); len(left) > 0 {
			code = fail("stop the cluster", fmt.Errorf("processes are left: %s", strings.Join(left, "; ")))
		}
	}()
	return m.Run()
}

func startShared(ctx context.Context) (err error) {
	if shared.kubectl, err = Kubectl(ctx, os.Stderr); err != nil {
		return err
	}
	if err := Prepare(ctx, os.Stderr); err != nil {
		return err
	}
	images, err := testImages()
	if err != nil {
		return err
	}
	begun := time.Now()
	if shared.Cluster, err = Start(ctx, Options{Images: images}); err != nil {
		return err
	}
	shared.started = time.Since(begun)
	shared.client, err = kubernetes.NewForConfig(shared.Config())
	return err
}

// testImages let the test binary be the program in pods.
func testImages() (map[string]string, error) {
	program, err := os.Executable()
	return map[string]string{image: program}, err
}

func fail(doing string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", doing, err)
	return 1
}

// eventually waits until a condition holds; it says why it does not.
var eventually = await.Within(patience)
