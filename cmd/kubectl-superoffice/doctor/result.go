// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

// state is how a check ended.
type state string

const (
	ok      state = "ok"
	warning state = "warn"
	failed  state = "fail"
	skipped state = "skip"
)

// result is a line of the report; as JSON for scripts.
type result struct {
	Check string `json:"check"`
	State state  `json:"state"`
	Found string `json:"found"`
	// Do is what to do; empty where all is well.
	Do string `json:"do,omitempty"`
}

// findings collects the results of one check.
type findings struct {
	check   string
	results []result
}

func (f *findings) add(s state, do, found string, args ...any) {
	f.results = append(f.results, result{f.check, s, fmt.Sprintf(found, args...), do})
}

func (f *findings) ok(found string, args ...any)           { f.add(ok, "", found, args...) }
func (f *findings) warn(do, found string, args ...any)     { f.add(warning, do, found, args...) }
func (f *findings) fail(do, found string, args ...any)     { f.add(failed, do, found, args...) }
func (f *findings) skip(do string, found string, a ...any) { f.add(skipped, do, found, a...) }

var styles = map[state]output.Style{ok: output.Good, warning: output.Warning, failed: output.Bad, skipped: output.Faint}

// right is advice for somebody who lacks a right, and none for another error.
func right(err error, do string) string {
	if apierrors.IsForbidden(err) {
		return do
	}
	return ""
}

// width of the names of checks.
const width = 12

func (r result) write(w io.Writer, p output.Palette) error {
	_, err := fmt.Fprintf(w, "%s  %-*s  %s\n", p.Paint(styles[r.State], fmt.Sprintf("%-4s", r.State)), width, r.Check, output.Printable(r.Found))
	if err == nil && r.Do != "" {
		_, err = fmt.Fprintln(w, output.Wrap(output.Printable(r.Do), 4+2+width+2))
	}
	return err
}

// verdict is the error that makes the command fail. Where the API server does not answer, what was to be looked at was not.
func (p *patient) verdict(results []result) error {
	n := 0
	for _, r := range results {
		if r.State == failed {
			n++
		}
	}
	code := exit.Wrong
	switch {
	case n == 0:
		return nil
	case p.silent:
		code = exit.Failed
	}
	return exit.Errorf(code, "%s", output.Count(n, "check failed", "checks failed"))
}
