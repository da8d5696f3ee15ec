// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"
)

// TestHelmTest runs the chart's own test: it makes a webhook, a Job sends it a signed test event, and nothing is left.
func TestHelmTest(t *testing.T) {
	for title, c := range map[string]struct{ values, namespace string }{
		"in all namespaces":     {"", namespace},
		"in one namespace only": {"watchNamespaces={sales}", "sales"},
	} {
		t.Run(title, func(t *testing.T) {
			createNamespaces(t, namespace, "sales")
			services := serviceProxy(t)
			helmInstall(t, "--set="+c.values, "--set=test.env[0].name=HTTP_PROXY,test.env[0].value="+services.URL)
			t.Cleanup(func() { helmUninstall(t) })
			t.Cleanup(func() { tellLogs(t) })

			command(t, "", tools.helm, "test", release, "--namespace="+namespace, "--timeout=240s")

			if services.passed("POST http://test-"+release+"-receiver."+c.namespace+".svc/webhook: 200") == 0 {
				t.Errorf("no test event was answered with 200: %v", services.log)
			}
			kubectl(t, "wait", "--for=delete", "superofficewebhook/test-"+release, "--namespace="+c.namespace, "--timeout=120s")
			if left := kubectl(t, "get", "jobs,superofficewebhooks", "--namespace="+c.namespace, "--output=name"); left != "" {
				t.Errorf("it left %s", left)
			}
		})
	}
}

// proxy stands for the data path of Services, which this cluster has none of.
type proxy struct {
	*httptest.Server
	log chan string
}

// passed counts what was logged so far.
func (p proxy) passed(line string) (count int) {
	for {
		select {
		case logged := <-p.log:
			if logged == line {
				count++
			}
		default:
			return count
		}
	}
}

// serviceProxy leads requests to http://NAME-receiver.NAMESPACE.svc to a receiver pod.
func serviceProxy(t *testing.T) proxy {
	t.Helper()
	p := proxy{log: make(chan string, 1000)}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			service, _ := strings.CutSuffix(r.In.URL.Host, ".svc")
			name, namespace, _ := strings.Cut(service, ".")
			r.Out.URL.Host = receiver(t, strings.TrimSuffix(name, "-receiver"), namespace)
		},
		ModifyResponse: func(r *http.Response) error {
			p.log <- fmt.Sprintf("%s http://%s%s: %d", r.Request.Method, r.Request.Host, r.Request.URL.Path, r.StatusCode)
			return nil
		},
	}
	p.Server = httptest.NewServer(forward)
	t.Cleanup(p.Close)
	return p
}

// receiver is the address of a pod of a webhook; one where nobody listens if there is none yet.
func receiver(t *testing.T, webhook, namespace string) string {
	const nobody = "127.0.0.1:1"
	pods, err := try(t, "", tools.kubectl, "get", "pods", "--namespace="+namespace, "--output=jsonpath={.items[*].metadata.name}",
		"--selector=webhooks.superoffice.dev/webhook="+webhook)
	if err != nil || pods == "" {
		return nobody
	}
	address, err := tools.cluster.PodAddress(namespace, strings.Fields(pods)[0])
	if err != nil {
		return nobody
	}
	return net.JoinHostPort(address, "8080")
}
