// SPDX-License-Identifier: Apache-2.0

// Package exit says how the process ends. Scripts go by it, so the codes are a part of the interface: they stand in
// docs/kubectl-superoffice.md.
package exit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// Code is what the process ends with.
type Code int

// The codes.
const (
	// Fine: all is well, or was done.
	Fine Code = 0
	// Wrong: what was looked at is not as it should be.
	Wrong Code = 1
	// Usage: the command line is wrong, or lacks a confirmation. Nothing was done.
	Usage Code = 2
	// Failed: the command could not do its work: no cluster, no right, nobody answered.
	Failed Code = 3
	// Partial: some of the work was done.
	Partial Code = 4
)

type coded struct {
	error
	code Code
}

func (c coded) Unwrap() error { return c.error }

// With gives an error its code. There is none without an error.
func With(code Code, err error) error {
	if err == nil {
		return nil
	}
	return coded{err, code}
}

// Errorf is With for an error in these words.
func Errorf(code Code, format string, args ...any) error {
	return coded{fmt.Errorf(format, args...), code}
}

// Joined is the error of work on several things, of which some failed: Wrong where one of them is not as it should be, which
// somebody has to know before anything else, and otherwise Partial unless all failed.
func Joined(failures []error, of int) error {
	err := errors.Join(failures...)
	switch {
	case slices.ContainsFunc(failures, func(err error) bool { return Of(err) == Wrong }):
		return With(Wrong, err)
	case len(failures) < of:
		return With(Partial, err)
	}
	return err
}

// Of is the code that goes with an error; what nobody gave one is Failed.
func Of(err error) Code {
	var c coded
	switch {
	case err == nil:
		return Fine
	case errors.As(err, &c):
		return c.code
	}
	return Failed
}

// NoArgs is for a command that takes none, be it one with subcommands: then what was given is none of them.
func NoArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return Errorf(Usage, "unknown command %q for %q", args[0], cmd.CommandPath())
	}
	return Errorf(Usage, "%q takes no arguments, but was given %q", cmd.CommandPath(), args[0])
}
