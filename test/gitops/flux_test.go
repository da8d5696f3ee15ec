// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"os"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/yaml"
)

// expressions of one kind, as Flux reads them.
type expressions struct{ APIVersion, Kind, InProgress, Failed, Current string }

func TestFluxHealthChecks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../config/gitops/flux/webhooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Spec struct{ HealthCheckExprs []expressions }
	}
	if err := yaml.Unmarshal(text, &file); err != nil || len(file.Spec.HealthCheckExprs) != 1 {
		t.Fatalf("read the example: %v, %+v", err, file)
	}
	checks := file.Spec.HealthCheckExprs[0]
	for name, c := range resources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource := read(t, c.resource)
			if resource.GetAPIVersion() != checks.APIVersion || resource.GetKind() != checks.Kind {
				t.Fatalf("the example is for %s, %s", checks.APIVersion, checks.Kind)
			}
			if got := judge(t, checks, resource); got != c.flux {
				t.Errorf("%s, want %s", got, c.flux)
			}
		})
	}
}

// judge goes the way of Flux (its RFC 0009): an older generation first, then the expressions in their order.
func judge(t *testing.T, checks expressions, resource *unstructured.Unstructured) status.Status {
	t.Helper()
	observed, ok, err := unstructured.NestedInt64(resource.Object, "status", "observedGeneration")
	if err != nil {
		t.Fatal(err)
	}
	if ok && observed != resource.GetGeneration() {
		return status.InProgressStatus
	}
	for _, check := range []struct {
		expression string
		status     status.Status
	}{
		{checks.InProgress, status.InProgressStatus}, {checks.Failed, status.FailedStatus}, {checks.Current, status.CurrentStatus},
	} {
		if isTrue(t, check.expression, resource.Object) {
			return check.status
		}
	}
	return status.InProgressStatus
}

// isTrue evaluates an expression in Flux' environment: the fields of the resource, without declarations.
func isTrue(t *testing.T, expression string, fields map[string]any) bool {
	t.Helper()
	env, err := cel.NewEnv(
		cel.HomogeneousAggregateLiterals(), cel.EagerlyValidateDeclarations(true), cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(), ext.Strings(), ext.Sets(), ext.Encoders(),
	)
	if err != nil {
		t.Fatal(err)
	}
	parsed, issues := env.Parse(expression)
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	program, err := env.Program(parsed)
	if err != nil {
		t.Fatal(err)
	}
	value, _, err := program.Eval(fields)
	if err != nil {
		t.Fatalf("evaluate %s: %v", expression, err)
	}
	answer, ok := value.(types.Bool)
	if !ok {
		t.Fatalf("%s is no bool", expression)
	}
	return bool(answer)
}
