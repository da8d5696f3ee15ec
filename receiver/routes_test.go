// SPDX-License-Identifier: Apache-2.0

package receiver

import "testing"

func TestRoutes(t *testing.T) {
	t.Parallel()
	var r routes
	crm, erp, root := &member{name: "crm"}, &member{name: "erp"}, &member{name: "root"}
	claim := func(path string, m *member, want string) {
		t.Helper()
		var got string
		if err := r.claim(path, m); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s claims %s: %q, want %q", m.name, path, got, want)
		}
	}
	const taken = `intake.path: /hooks/a/crm is that of the webhook "crm" already; each needs one of its own`
	claim("/hooks/a/crm", crm, "")
	claim("/hooks/a/crm", crm, "")
	claim("/hooks/a/crm", erp, taken)
	claim("/hooks/a/erp/", erp, "")
	claim("/", root, "")
	for path, want := range map[string]struct {
		name, rest string
	}{
		"/hooks/a/crm/status":              {"crm", "/status"},
		"/hooks/a/crm/dead-letters/1":      {"crm", "/dead-letters/1"},
		"/hooks/a/crm/dead-letters/replay": {"crm", "/dead-letters/replay"},
		"/hooks/a/erp/status":              {"erp", "/status"},
		"/hooks/a/crmx/status":             {"root", "/hooks/a/crmx/status"},
		"/hooks/a/crm":                     {"root", "/hooks/a/crm"}, // nothing is asked of it
		"/status":                          {"root", "/status"},
	} {
		if m, rest := r.below(path); m == nil || m.name != want.name || rest != want.rest {
			t.Errorf("%s leads to %v and %q, want %s and %q", path, m, rest, want.name, want.rest)
		}
	}
	claim("/hooks/b/crm", crm, "")
	if !r.keep("/hooks/b/crm", crm) {
		t.Error("the former path is not let go of")
	}
	if r.keep("/hooks/b/crm", crm) {
		t.Error("it is let go of twice")
	}
	claim("/hooks/a/crm", erp, "")
	r.keep("", erp)
	if m, _ := r.below("/hooks/a/erp/status"); m != root {
		t.Errorf("a path that was let go of leads to %v", m)
	}
}
