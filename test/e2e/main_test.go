// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/test/certificate"
	"github.com/superoffice-webhook/operator/test/cluster"
)

// root is the repository, in which all commands of these tests run.
const root = "../.."

var (
	chaosTime = flag.Duration("chaos", 5*time.Minute, "for how long pods and processes are killed at random")
	traefik   = flag.Bool("traefik", false, "bring Traefik, and the definitions of the Gateway API, to a cluster where nobody serves Ingresses or Gateways")
	images    = flag.String("images", root+"/dist/e2e", "`folder` with the archives of the images; make prepare-e2e makes them")
)

// stage is the cluster, and the ways into it.
var stage struct {
	client        client.Client
	clients       *kubernetes.Clientset
	dynamic       dynamic.Interface
	discovery     discovery.DiscoveryInterface
	kubectl, helm string
	// authority signs the certificates of what is reached from outside. The operator and the senders trust it.
	authority   *certificate.Authority
	environment []string
}

// manyAtATime is how many webhooks are tested side by side unless -parallel says something else.
const manyAtATime = "4"

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(clientcmd.RecommendedConfigPathEnvVar) == "" || testing.Short() {
		fmt.Fprintln(os.Stderr, "skipped: these tests need a real cluster; set KUBECONFIG, or run: make e2e")
		return
	}
	parallel := false
	flag.Visit(func(f *flag.Flag) { parallel = parallel || f.Name == "test.parallel" })
	if !parallel {
		_ = flag.Set("test.parallel", manyAtATime) // can't fail: it is a number
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	dir, err := os.MkdirTemp("", "superoffice-webhook-e2e-")
	if err != nil {
		return fail("make a directory", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for _, step := range []struct {
		doing string
		do    func() error
	}{
		{"connect to the cluster", connect},
		{"find kubectl and helm", func() error { return findTools(ctx, dir) }},
		{"load the images", func() error { return loadImages(ctx) }},
	} {
		if err := step.do(); err != nil {
			return fail(step.doing, err)
		}
	}
	code := m.Run()
	summary.print(os.Stdout)
	return code
}

func connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv(clientcmd.RecommendedConfigPathEnvVar))
	if err != nil {
		return err
	}
	config.WarningHandler = rest.NoWarnings{} // the tests list what is deprecated, too
	config.QPS = -1                           // the server has priority and fairness of its own
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, gateway.Install} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	if stage.clients, err = kubernetes.NewForConfig(config); err != nil {
		return err
	}
	if stage.dynamic, err = dynamic.NewForConfig(config); err != nil {
		return err
	}
	stage.discovery = stage.clients.Discovery()
	stage.client, err = client.New(config, client.Options{Scheme: scheme})
	return err
}

func findTools(ctx context.Context, dir string) (err error) {
	if stage.kubectl, err = cluster.Kubectl(ctx, os.Stderr); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile=tools/go.mod", "-n", "helm")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("compile helm: %w", err)
	}
	stage.helm = strings.TrimSpace(string(out))
	stage.environment = append(os.Environ(),
		"HELM_CACHE_HOME="+dir, "HELM_CONFIG_HOME="+dir, "HELM_DATA_HOME="+dir) // not those of whoever runs the tests
	return nil
}

// loadImages gives each archive to the command in E2E_LOAD. Without one, the cluster has the images already.
func loadImages(ctx context.Context) error {
	load := os.Getenv("E2E_LOAD")
	if load == "" {
		_, _ = fmt.Fprintln(os.Stdout, "E2E_LOAD is not set: the cluster must have the images already")
		return nil
	}
	names := []string{"manager", "receiver", "kubectl-superoffice", "workload", "nats-server"}
	if *traefik {
		names = append(names, "traefik")
	}
	for _, name := range names {
		archive, err := filepath.Abs(filepath.Join(*images, name+".tar"))
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, "sh", "-c", load+` "$0"`, archive) // #nosec G204 -- the caller's own command
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w\n%s", load, archive, err, out)
		}
	}
	return nil
}

func fail(doing string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", doing, err)
	return 1
}
