// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"os"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestArgoCDHealth(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../config/gitops/argocd/health/health.lua")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range resources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, message := health(t, string(script), read(t, c.resource).Object)
			if status != c.argo || message != c.message {
				t.Errorf("%s: %q, want %s: %q", status, message, c.argo, c.message)
			}
		})
	}
}

// health runs a script with as much of Lua as Argo CD gives it: the functions for modules, the basic ones and those for
// tables, and no string, math or io.
func health(t *testing.T, script string, resource map[string]any) (status, message string) {
	t.Helper()
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	l.SetContext(t.Context())
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	l.SetGlobal("obj", toLua(l, resource))
	if err := l.DoString(script); err != nil {
		t.Fatal(err)
	}
	answer, ok := l.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("it returns %s", l.Get(-1))
	}
	return lua.LVAsString(answer.RawGetString("status")), lua.LVAsString(answer.RawGetString("message"))
}

func toLua(l *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		table := l.NewTable()
		for key, part := range v {
			table.RawSetString(key, toLua(l, part))
		}
		return table
	case []any:
		table := l.NewTable()
		for _, part := range v {
			table.Append(toLua(l, part))
		}
		return table
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case int64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	}
	return lua.LNil
}
