// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRepository(t *testing.T) {
	t.Parallel()
	const digest = "@sha256:0123456789abcdef"
	for image, want := range map[string]string{
		"receiver":                              "receiver",
		"receiver:v1":                           "receiver",
		"receiver" + digest:                     "receiver",
		"ghcr.io/team/receiver":                 "ghcr.io/team/receiver",
		"ghcr.io/team/receiver:v1.2-rc.1":       "ghcr.io/team/receiver",
		"ghcr.io/team/receiver:v1" + digest:     "ghcr.io/team/receiver",
		"localhost:5000/receiver":               "localhost:5000/receiver",
		"localhost:5000/team/receiver:v1":       "localhost:5000/team/receiver",
		"localhost:5000/receiver" + digest:      "localhost:5000/receiver",
		"localhost:5000/receiver:v1" + digest:   "localhost:5000/receiver",
		"[::1]:5000/receiver:v1":                "[::1]:5000/receiver",
		"registry.example:443/a/b/c:latest":     "registry.example:443/a/b/c",
		"registry.example:443/a/b/c" + digest:   "registry.example:443/a/b/c",
		"registry.example/with_under.score:tag": "registry.example/with_under.score",
	} {
		if got := repository(image); got != want {
			t.Errorf("repository(%q) = %q, want %q", image, got, want)
		}
	}
}

func TestProgram(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("receiver", nil, 0o700); err != nil {
		t.Fatal(err)
	}
	o := Options{Images: map[string]string{"team/receiver": "receiver", "team/manager": "missing"}}
	t.Run("is found by the image's repository, and its path is absolute", func(t *testing.T) {
		for _, image := range []string{"team/receiver", "team/receiver:v2"} {
			got, err := o.program(image)
			if err != nil || !filepath.IsAbs(got) || filepath.Base(got) != "receiver" {
				t.Errorf("%s: got %q, error %v", image, got, err)
			}
		}
	})
	t.Run("names what there is where an image is unknown", func(t *testing.T) {
		_, err := o.program("team/other:v1")
		if err == nil || err.Error() != `no program stands for image "team/other"; there are programs for team/manager, team/receiver` {
			t.Errorf("got %v", err)
		}
	})
	t.Run("has to exist", func(t *testing.T) {
		_, err := o.program("team/manager")
		if err == nil || !strings.Contains(err.Error(), `program of image "team/manager": stat `) {
			t.Errorf("got %v", err)
		}
	})
}
