// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"os"
	"path/filepath"
	"testing"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: test
clusters:
- {name: test, cluster: {server: https://test.example.com}}
- {name: live, cluster: {server: https://live.example.com}}
users:
- {name: me, user: {token: marker-of-the-token}}
contexts:
- {name: test, context: {cluster: test, user: me, namespace: sales}}
- {name: live, context: {cluster: live, user: me}}
- {name: gone, context: {cluster: gone, user: me}}
`

func TestConnect(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file, broken := write("kubeconfig", kubeconfig), write("broken", "contexts: marker-of-the-token")
	missing := filepath.Join(folder, "missing")
	for name, test := range map[string]struct {
		variable, kubeconfig, context, namespace string

		host, in string
		err      string
	}{
		"goes where KUBECONFIG says": {
			variable: file, host: "https://test.example.com", in: "sales",
		},
		"goes to the context that is named": {
			variable: file, context: "live", host: "https://live.example.com", in: "default",
		},
		"looks in the namespace that is named": {
			variable: file, namespace: "support", host: "https://test.example.com", in: "support",
		},
		"prefers the file that is named": {
			variable: missing, kubeconfig: file, context: "live", namespace: "sales", host: "https://live.example.com", in: "sales",
		},
		"tells what to do where there is no kubeconfig": {
			variable: missing,
			err:      "the kubeconfig is missing or names no cluster: set KUBECONFIG or give --kubeconfig",
		},
		"tells that the file is not there": {
			kubeconfig: missing,
			err:        "read the kubeconfig: stat " + missing + ": no such file or directory",
		},
		"tells that the context is not there": {
			variable: file, context: "prod",
			err: `read the kubeconfig: context "prod" does not exist`,
		},
		"tells that the context's cluster is not there": {
			variable: file, context: "gone",
			err: "the kubeconfig is missing or names no cluster: set KUBECONFIG or give --kubeconfig",
		},
		"tells that the file is broken": {
			kubeconfig: broken,
			err: "read the kubeconfig: error loading config file \"" + broken + "\": " +
				"json: cannot unmarshal string into Go struct field Config.contexts of type []v1.NamedContext",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", test.variable)
			t.Setenv("KUBERNETES_SERVICE_HOST", "") // no cluster that the tests happen to run in
			c, err := Connect(test.kubeconfig, test.context, test.namespace)
			if text(err) != test.err {
				t.Fatalf("the error is %q, want %q", text(err), test.err)
			}
			if err == nil && (c.Config.Host != test.host || c.Namespace != test.in) {
				t.Errorf("it goes to %s, namespace %s; want %s, namespace %s", c.Config.Host, c.Namespace, test.host, test.in)
			}
		})
	}
}
