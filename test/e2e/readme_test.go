// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/test/markdown"
)

// readme follows the README as a new user does who has kubectl, helm and a checkout: from the images to the first events, and back.
// What it says is run word for word.
func readme(t *testing.T) {
	if os.Getenv("E2E_LOAD") == "" {
		skip(t, "the README was not followed: without E2E_LOAD its images can't be given to the cluster")
	}
	u := newUser(t)
	for _, way := range []struct {
		with  string
		marks []string
	}{
		{"helm", []string{"run", "run on a real cluster", "run with helm"}},
		{"kubectl", []string{"run", "run with kubectl"}}, // the images are there
	} {
		began := time.Now()
		lines := u.follow(t, "README.md", way.marks)
		awaitNoOperator(t)
		kubectl(t, "delete", "secret/crm-webhook", "--namespace="+u.namespace)
		note(t, "%d lines of the README, run as they stand with %s, installed the operator, made a webhook and took all away again in %s",
			lines, way.with, time.Since(began).Round(time.Second))
	}
}

// user has a copy of the working tree, a namespace that kubectl is set to, and the programs that the pages ask for.
type user struct {
	checkout, namespace string
	environment         []string
}

// substitute is all that is not as a page has it: kind, whose place the command in E2E_LOAD takes. Besides, images are made for
// one platform, and kubectl is set to a namespace of its own, in which the restricted pod security standard is enforced.
const substitute = `#!/bin/sh
[ "$1 $2" = "load image-archive" ] || { echo "kind $*: only images are loaded here" >&2; exit 2; }
eval "$E2E_LOAD \"\$3\""
`

func newUser(t *testing.T) user {
	t.Helper()
	u := user{checkout: t.TempDir(), namespace: newNamespace(t, "restricted")}
	if err := copyWorkingTree(u.checkout); err != nil {
		t.Fatal(err)
	}
	programs := t.TempDir()
	for name, target := range map[string]string{"kubectl": stage.kubectl, "helm": stage.helm} {
		if err := os.Symlink(target, filepath.Join(programs, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(programs, "kind"), []byte(substitute), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
	config, err := clientcmd.LoadFromFile(os.Getenv(clientcmd.RecommendedConfigPathEnvVar))
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts[config.CurrentContext].Namespace = u.namespace
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		t.Fatal(err)
	}
	u.environment = append(slices.Clone(stage.environment),
		"KUBECONFIG="+kubeconfig,
		"PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"),
		"PLATFORMS=linux/"+runtime.GOARCH,
		"SOURCE_DATE_EPOCH=0", // which otherwise git tells
	)
	return u
}

// copyWorkingTree copies what git knows, or would take.
func copyWorkingTree(to string) error {
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("list the working tree: %w", err)
	}
	for path := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		data, err := os.ReadFile(filepath.Join(root, path))
		if os.IsNotExist(err) {
			continue // deleted, and not yet in a commit
		}
		if err != nil {
			return err
		}
		info, err := os.Stat(filepath.Join(root, path))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, path)), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, path), data, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}

// follow runs the blocks of a page that have one of the marks, as if typed into one shell, and returns how many lines there were.
func (u user) follow(t *testing.T, page string, marks []string) (lines int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(u.checkout, page))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, block := range markdown.Parse(string(text)).Blocks {
		if slices.Contains(marks, block.Mark) {
			_, _ = fmt.Fprintf(&script, "# %s:%d\n%s\n", page, block.Line, block.Text)
			lines += strings.Count(block.Text, "\n")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-euxc", script.String()) // #nosec G204 -- the project's own pages
	cmd.Dir, cmd.Env = u.checkout, u.environment
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s, as a new user follows it: %v\n%s", page, err, out)
	}
	return lines
}

// awaitNoOperator waits until the operator, its namespace and the definition are gone. Helm leaves the namespace to its owner.
func awaitNoOperator(t *testing.T) {
	t.Helper()
	kubectl(t, "delete", "namespace/"+operatorNamespace, "--ignore-not-found", "--timeout=120s")
	kubectl(t, "wait", "--for=delete", "crd/"+crd, "--timeout=120s")
	await(t, "the operator's namespace to be gone", func(ctx context.Context) error {
		err := stage.client.Get(ctx, client.ObjectKey{Name: operatorNamespace}, &core.Namespace{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there (%w)", err)
	})
}
