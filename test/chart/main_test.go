// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/yaml"
)

const (
	root  = "../.."
	chart = "charts/superoffice-webhook-operator"
	// monitored lets Helm believe that the Prometheus operator is there.
	monitored = "--api-versions=monitoring.coreos.com/v1/PodMonitor,monitoring.coreos.com/v1/ServiceMonitor,monitoring.coreos.com/v1/PrometheusRule"
)

// helm is the path of the pinned Helm, compiled if need be.
var helm = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("go", "tool", "-modfile=tools/go.mod", "-n", "helm")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("compile helm: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
})

// template runs "helm template" for a release "op" in the namespace "operators".
func template(t *testing.T, args ...string) (string, error) {
	t.Helper()
	program, err := helm()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, append([]string{"template", "op", chart, "--namespace=operators"}, args...)...)
	cmd.Dir = root
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if cmd.Run() != nil {
		return "", errors.New(stderr.String())
	}
	return stdout.String(), nil
}

// object is what a manifest says about one object.
type object = map[string]any

// objects are what the chart makes of values, by kind and name.
func objects(t *testing.T, args ...string) map[string]object {
	t.Helper()
	manifest, err := template(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]object{}
	for document := range strings.SplitSeq("\n"+manifest, "\n---\n") {
		var o object
		if err := yaml.UnmarshalStrict([]byte(document), &o); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if o == nil {
			continue
		}
		name := fmt.Sprintf("%s/%s", o["kind"], at(o, "metadata.name"))
		if namespace := at(o, "metadata.namespace"); namespace != nil && namespace != "operators" {
			name = fmt.Sprintf("%s/%s/%s", o["kind"], namespace, at(o, "metadata.name"))
		}
		if all[name] != nil {
			t.Errorf("there are two %s", name)
		}
		all[name] = o
	}
	return all
}

// at goes down a path like "spec.containers.0.image"; nil if there is nothing. A backslash keeps a dot in a key.
func at(value any, path string) any {
	for key := range strings.SplitSeq(strings.ReplaceAll(path, `\.`, "\x00"), ".") {
		key = strings.ReplaceAll(key, "\x00", ".")
		switch v := value.(type) {
		case object:
			value = v[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
