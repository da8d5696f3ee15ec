// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// promtool is the command that runs the pinned one, compiled if need be, without what finds targets in clouds.
var promtool = []string{
	"run", "-modfile=../tools/promtool/go.mod", "-tags=remove_all_sd", "github.com/prometheus/prometheus/cmd/promtool",
}

// judge runs promtool.
func judge(t *testing.T, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("promtool takes minutes to compile")
	}
	cmd := exec.CommandContext(t.Context(), "go", slices.Concat(promtool, args)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPromtoolAcceptsTheAlerts(t *testing.T) {
	t.Parallel()
	judge(t, "check", "rules", "--lint=all", "--lint-fatal", "alerts.yaml")
}

func TestAlertsFireWhenTheyShould(t *testing.T) {
	t.Parallel()
	judge(t, "test", "rules", "alerts.test.yaml")
}

// TestEachAlertIsTested looks for its name: promtool does not miss a test.
func TestEachAlertIsTested(t *testing.T) {
	t.Parallel()
	tests, err := os.ReadFile("alerts.test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, alert := range regexp.MustCompile(`(?m)^  - alert: (\w+)$`).FindAllStringSubmatch(Alerts, -1) {
		if !strings.Contains(string(tests), alert[1]) {
			t.Errorf("%s has no test", alert[1])
		}
	}
}

// TestPromtoolAcceptsTheQueriesOfDashboards hands them over as rules, which promtool parses.
func TestPromtoolAcceptsTheQueriesOfDashboards(t *testing.T) {
	t.Parallel()
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	for file, queries := range queries(t) {
		for _, query := range queries {
			rules = append(rules, rule{"from:" + strings.TrimSuffix(file, ".json"), strings.ReplaceAll(query, "$__rate_interval", "5m")})
		}
	}
	if len(rules) < 20 {
		t.Fatalf("only %d queries were found", len(rules))
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboards", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	judge(t, "check", "rules", "--lint=none", path)
}

// queries are all that the dashboards ask, by file.
func queries(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := fs.WalkDir(Dashboards, "dashboards", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		var board struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		text, err := Dashboards.ReadFile(path)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &board); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, panel := range board.Panels {
			for _, target := range panel.Targets {
				found[filepath.Base(path)] = append(found[filepath.Base(path)], target.Expr)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestDashboards says what a panel needs so that people and Grafana can deal with it.
func TestDashboards(t *testing.T) {
	t.Parallel()
	uids := []string{}
	for _, file := range []string{"fleet.json", "webhook.json"} {
		text, err := Dashboards.ReadFile("dashboards/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var board struct {
			UID, Title string
			Panels     []struct {
				ID      int
				Title   string
				Type    string
				GridPos struct{ X, Y, W, H int }
			}
		}
		if err := json.Unmarshal(text, &board); err != nil {
			t.Fatal(err)
		}
		uids = append(uids, board.UID)
		taken, ids := map[[2]int]string{}, map[int]bool{}
		for _, panel := range board.Panels {
			if panel.Title == "" || ids[panel.ID] || panel.GridPos.X+panel.GridPos.W > 24 {
				t.Errorf("%s: a panel needs a title, an id of its own and a place: %+v", file, panel)
			}
			ids[panel.ID] = true
			for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
				for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
					if other := taken[[2]int{x, y}]; other != "" {
						t.Fatalf("%s: %q lies upon %q", file, panel.Title, other)
					}
					taken[[2]int{x, y}] = panel.Title
				}
			}
		}
		for _, target := range regexp.MustCompile(`"/d/([a-z-]+)`).FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains([]string{"superoffice-webhooks", "superoffice-webhook"}, target[1]) {
				t.Errorf("%s leads to %s, which is not there", file, target[1])
			}
		}
	}
	if !slices.Equal(uids, []string{"superoffice-webhooks", "superoffice-webhook"}) {
		t.Errorf("the dashboards' uids, which links go by, are %v", uids)
	}
}
