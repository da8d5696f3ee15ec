// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// MaxLength of an expression in bytes.
	MaxLength = 4096
	// costLimit is about a hundred times what a long expression over a large event needs, in CEL's units: a comparison
	// is one.
	costLimit = 100_000
	// timeLimit is for what costs little by these units and yet takes long, such as to compare large values again and again.
	// It is looked at with each element that a comprehension comes to: a function goes on to its end.
	timeLimit = time.Second
)

var errTooLong = fmt.Errorf("it takes longer than %s: let the filter do less with each change and column of an event", timeLimit)

// Filter is an expression that was checked.
type Filter struct{ program cel.Program }

// environment is what expressions can see. Making it takes some milliseconds, so all expressions share one.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	known, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	return cel.NewEnv(
		cel.CustomTypeAdapter(known),
		cel.CustomTypeProvider(known), // the libraries add their types to it
		ext.Strings(), ext.Sets(), ext.Math(),
		cel.OptionalTypes(),
		cel.CrossTypeNumericComparisons(true), // JSON has one kind of number
		cel.DefaultUTCTimeZone(true),
		cel.CustomTypeProvider(provider{known}),
		cel.Variable("event", cel.ObjectType(eventType)),
	)
})

// Compile checks an expression. The error shows where it is wrong.
func Compile(expression string) (*Filter, error) {
	if len(expression) > MaxLength {
		return nil, fmt.Errorf("has %d bytes, more than %d", len(expression), MaxLength)
	}
	env, err := environment()
	if err != nil {
		return nil, fmt.Errorf("prepare CEL: %w", err)
	}
	checked, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, explain(issues)
	}
	if t := checked.OutputType(); !t.IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("must be a condition, true or false, and is of type %s: compare it with something", t)
	}
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costLimit), cel.InterruptCheckFrequency(1))
	if err != nil {
		return nil, fmt.Errorf("prepare the expression: %w", err)
	}
	return &Filter{program}, nil
}

// explain puts all mistakes into one line, with their places and without CEL's drawing of them.
func explain(issues *cel.Issues) error {
	var mistakes []string
	for _, e := range issues.Errors() {
		mistakes = append(mistakes, fmt.Sprintf("line %d, column %d: %s", max(1, e.Location.Line()), max(1, e.Location.Column()+1), e.Message))
	}
	return errors.New(strings.Join(mistakes, "; "))
}

// Match tells whether an event passes. The error says why the expression has no value for this event, for example that it
// asks for a key that the event does not have, that it takes too long, or that ctx was done before there was one.
func (f *Filter) Match(ctx context.Context, e *superoffice.Event) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeLimit, errTooLong)
	defer cancel()
	result, _, err := f.program.ContextEval(ctx, map[string]any{"event": value{newEvent(e)}})
	if err != nil {
		return false, err
	}
	passes, ok := result.Value().(bool)
	if !ok { // the type was checked
		return false, fmt.Errorf("the value is of type %s, not true or false", result.Type())
	}
	return passes, nil
}
