// SPDX-License-Identifier: Apache-2.0

// Package security compares what docs/security.md says with what is so.
package security

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbac "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// permissions are the reasons by the permission, for example "list pods".
type permissions map[string]string

// TestEachPermissionHasAReason fails for a rule without a reason and for a reason without a rule. After a new marker in
// controllers/, say in docs/security.md what it is for.
func TestEachPermissionHasAReason(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	for kind, heading := range map[string]string{"ClusterRole": "### Where it manages resources\n", "Role": "### In its own namespace\n"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			reasons := reasonsIn(t, string(page), heading)
			for permission, reason := range reasons {
				if len(strings.Fields(reason)) < 3 {
					t.Errorf("%s: %q is no reason", permission, reason)
				}
			}
			if difference := cmp.Diff(keys(grantedBy(t, kind)), keys(reasons)); difference != "" {
				t.Errorf("docs/security.md, %q (-granted +explained):\n%s", strings.TrimSpace(heading), difference)
			}
		})
	}
}

var code = regexp.MustCompile("`([^`]+)`")

// reasonsIn reads the table below a heading.
func reasonsIn(t *testing.T, page, heading string) permissions {
	t.Helper()
	_, section, ok := strings.Cut(page, heading)
	if !ok {
		t.Fatalf("docs/security.md lacks %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	found := permissions{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || !strings.Contains(cells[0], "`") {
			continue
		}
		for _, resource := range code.FindAllStringSubmatch(cells[0], -1) {
			for _, verb := range code.FindAllStringSubmatch(cells[1], -1) {
				permission := verb[1] + " " + resource[1]
				if found[permission] != "" {
					t.Errorf("%s is explained twice", permission)
				}
				found[permission] = strings.TrimSpace(cells[2])
			}
		}
	}
	return found
}

// grantedBy reads the role of a kind.
func grantedBy(t *testing.T, kind string) permissions {
	t.Helper()
	text, err := os.ReadFile("../../config/rbac/role.yaml")
	if err != nil {
		t.Fatal(err)
	}
	granted := permissions{}
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var role rbac.ClusterRole
		if err := yaml.Unmarshal(document, &role); err != nil {
			t.Fatal(err)
		}
		if role.Kind != kind {
			continue
		}
		for _, rule := range role.Rules {
			if len(rule.NonResourceURLs) > 0 || len(rule.ResourceNames) > 0 {
				t.Errorf("the page has no form for %+v", rule)
			}
			addRule(granted, rule)
		}
	}
	return granted
}

func addRule(granted permissions, rule rbac.PolicyRule) {
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			if group != "" {
				resource = fmt.Sprintf("%s.%s", resource, group)
			}
			for _, verb := range rule.Verbs {
				granted[verb+" "+resource] = "granted"
			}
		}
	}
}

func keys(p permissions) map[string]bool {
	all := map[string]bool{}
	for permission := range p {
		all[permission] = true
	}
	return all
}

// TestNothingIsGrantedWholesale looks for what would be more than a list of permissions.
func TestNothingIsGrantedWholesale(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"ClusterRole", "Role"} {
		granted := grantedBy(t, kind)
		if len(granted) == 0 {
			t.Errorf("the %s grants nothing", kind)
		}
		for permission := range granted {
			verb, resource, _ := strings.Cut(permission, " ")
			switch {
			case strings.Contains(permission, "*"), verb == "escalate", verb == "bind", verb == "impersonate",
				strings.HasSuffix(resource, "rbac.authorization.k8s.io"), strings.HasPrefix(resource, "pods/"),
				resource == "secrets" && (verb == "create" || verb == "patch" || verb == "update" || verb == "delete"):
				t.Errorf("%s: %s", kind, permission)
			}
		}
	}
}
