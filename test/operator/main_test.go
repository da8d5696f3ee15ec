// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/test/cluster"
)

const (
	// root is the repository, in which all commands of these tests run.
	root = "../.."
	// manyAtATime is how many tests run side by side unless -parallel says something else: they wait more than they work.
	manyAtATime = "6"
)

// stage is what all tests share: a cluster, the ways into it as its administrator, and the operator.
var stage struct {
	cluster  *cluster.Cluster
	programs string // the folder with manager and receiver
	scheme   *runtime.Scheme
	client   client.WithWatch
	clients  *kubernetes.Clientset
	kubectl  string
	operator *operator
}

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, "skipped: these tests need a cluster")
		return
	}
	parallel := false
	flag.Visit(func(f *flag.Flag) { parallel = parallel || f.Name == "test.parallel" })
	if !parallel {
		_ = flag.Set("test.parallel", manyAtATime) // can't fail: it is a number
	}
	os.Exit(run(m))
}

// run returns the exit code, after everything that was started has ended.
func run(m *testing.M) (code int) {
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "superoffice-webhook-operator-")
	if err != nil {
		return fail("make a directory", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := start(ctx, dir); err != nil {
		code = fail("start", err)
	} else {
		code = m.Run()
	}
	if stage.operator != nil {
		if err := stage.operator.stop(); err != nil {
			code = fail("stop the operator", err)
		}
	}
	if stage.cluster != nil {
		if err := stage.cluster.Stop(); err != nil {
			code = fail("stop the cluster", err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	// Informers of client-go leave these behind when their last event comes too late.
	informers := goleak.IgnoreTopFunction("k8s.io/apimachinery/pkg/watch.(*filteredWatch).loop")
	if err := goleak.Find(before, informers); err != nil {
		code = fail("end", err)
	}
	return code
}

func start(ctx context.Context, dir string) (err error) {
	build := exec.CommandContext(ctx, "go", "build", "-o", dir, "./cmd/manager", "./cmd/receiver")
	build.Dir = root
	stage.programs = dir
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		return err
	}
	if stage.kubectl, err = cluster.Kubectl(ctx, os.Stderr); err != nil {
		return err
	}
	stage.cluster, err = cluster.Start(ctx, cluster.Options{Images: map[string]string{
		receiverImage: filepath.Join(dir, "receiver"),
		sleeperImage:  sleep,
	}})
	if err != nil {
		return err
	}
	if err := connect(); err != nil {
		return err
	}
	if err := install(ctx); err != nil {
		return err
	}
	stage.operator, err = startOperator(operatorOptions{})
	return err
}

func connect() (err error) {
	stage.scheme = runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, gateway.Install} {
		if err := add(stage.scheme); err != nil {
			return err
		}
	}
	if stage.clients, err = kubernetes.NewForConfig(stage.cluster.Config()); err != nil {
		return err
	}
	stage.client, err = client.NewWithWatch(stage.cluster.Config(), client.Options{Scheme: stage.scheme})
	return err
}

// install installs the operator as config/ does, but for the operator itself: its resource, its identity and its rights.
func install(ctx context.Context) error {
	for _, args := range [][]string{
		{"create", "namespace", identityNamespace},
		{"apply", "--server-side", "-k", "config/crd"},
		{"apply", "--server-side", "-k", "config/rbac"},
		{"wait", "--for=condition=Established", "crd/superofficewebhooks.webhooks.superoffice.dev", "--timeout=60s"},
	} {
		if out, err := execute(ctx, args...); err != nil {
			return fmt.Errorf("install: kubectl %v: %w\n%s", args, err, out)
		}
	}
	return nil
}

func fail(doing string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", doing, err)
	return 1
}
