// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/test/cluster"
	clusterstage "github.com/superoffice-webhook/operator/test/cluster/stage"
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
	parallel := false
	flag.Visit(func(f *flag.Flag) { parallel = parallel || f.Name == "test.parallel" })
	if !parallel {
		_ = flag.Set("test.parallel", manyAtATime) // can't fail: it is a number
	}
	os.Exit(run(m))
}

// run returns the exit code, after everything that was started has ended.
func run(m *testing.M) int {
	before := goleak.IgnoreCurrent()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		return fail("find a program that does nothing", err)
	}
	code := clusterstage.Main(m, clusterstage.Options{
		Root:     root,
		Build:    []string{"./cmd/manager", "./cmd/receiver"},
		Images:   map[string]string{receiverImage: "receiver", sleeperImage: sleep},
		SetUp:    setUp,
		TearDown: tearDown,
	})
	http.DefaultClient.CloseIdleConnections()
	// Informers of client-go leave these behind when their last event comes too late.
	informers := goleak.IgnoreTopFunction("k8s.io/apimachinery/pkg/watch.(*filteredWatch).loop")
	if err := goleak.Find(before, informers); err != nil {
		return fail("end", err)
	}
	return code
}

func setUp(ctx context.Context, s *clusterstage.Stage) (err error) {
	stage.cluster, stage.programs, stage.kubectl = s.Cluster, s.Dir, s.Kubectl
	if err := connect(); err != nil {
		return err
	}
	if err := install(ctx); err != nil {
		return err
	}
	stage.operator, err = startOperator(operatorOptions{})
	return err
}

func tearDown() error {
	if stage.operator == nil {
		return nil
	}
	return stage.operator.stop()
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
