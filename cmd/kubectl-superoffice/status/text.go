// SPDX-License-Identifier: Apache-2.0

package status

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/advice"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

// page writes one part after the other, until one cannot be written.
type page struct {
	io.Writer
	output.Palette
	err error
}

func (p *page) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p, format, args...)
	}
}

func (p *page) table(title string, t output.Table) {
	p.printf("\n%s\n", p.Paint(output.Bold, title))
	t.Indent = "  "
	if p.err == nil {
		p.err = t.Write(p, p.Palette)
	}
}

func (r *report) writeText(w io.Writer) error {
	p := &page{Writer: w, Palette: output.PaletteOf(w)}
	r.writeSummary(p)
	p.table("Conditions", r.conditions())
	if len(r.Receivers) > 0 {
		p.table("Receivers", r.receivers())
	}
	p.table("Sinks", r.sinks())
	p.table("Secret slots", r.slots())
	r.writeAdvice(p)
	return p.err
}

func (r *report) writeSummary(p *page) {
	ready := apimeta.FindStatusCondition(r.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		p.printf("%s/%s: %s\n", r.Namespace, r.Name, p.Paint(output.Warning, "nobody has looked at it yet"))
	case ready.Status == metav1.ConditionTrue:
		p.printf("%s/%s: %s, %s\n", r.Namespace, r.Name, p.Paint(output.Good, "ready"), output.Printable(ready.Message))
	default:
		p.printf("%s/%s: %s (%s), %s\n", r.Namespace, r.Name, p.Paint(output.Bad, "not ready"), ready.Reason, output.Printable(ready.Message))
	}
	summary := output.Table{Indent: "  "}
	summary.Add(output.Plain("URL", output.OrDash(r.URL))...)
	var events []string
	for _, e := range r.Events {
		events = append(events, string(e))
	}
	summary.Add(output.Plain("Events", output.OrDash(strings.Join(events, ", ")))...)
	if d := r.Delivery; d != nil {
		pending := strconv.FormatInt(d.Pending, 10)
		if d.OldestPendingTime != nil {
			pending += ", the oldest for " + r.age(d.OldestPendingTime)
		}
		summary.Add(output.Plain("Pending", pending)...)
		summary.Add(output.Plain("Dead letters", strconv.FormatInt(d.DeadLettered, 10))...)
		summary.Add(output.Plain("Last event", r.ago(d.LastReceivedTime))...)
		if last := d.LastRejection; last != nil {
			summary.Add(output.Plain("Last rejection", fmt.Sprintf("%s, %s", last.Reason, r.ago(&last.Time)))...)
		}
	}
	if p.err == nil {
		p.err = summary.Write(p, p.Palette)
	}
}

func (r *report) conditions() output.Table {
	t := output.Table{Header: []string{"TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"}}
	for i := range r.Conditions {
		c := &r.Conditions[i]
		t.Add(output.Cell{Text: c.Type}, output.Cell{Text: string(c.Status), Style: styleOf(c)}, output.Cell{Text: c.Reason},
			output.Cell{Text: output.Age(r.now, c.LastTransitionTime.Time)}, output.Cell{Text: c.Message})
	}
	return t
}

func styleOf(c *metav1.Condition) output.Style {
	switch advice.Condition(c.Reason).Severity {
	case advice.Fine:
		return output.Good
	case advice.Act:
		return output.Bad
	}
	return output.Warning
}

func (r *report) receivers() output.Table {
	t := output.Table{Header: []string{"POD", "READY", "VERSION", "UP", "CONFIG", "QUEUE", "DEAD", "LAST EVENT", "LAST REJECTION", "NOTE"}}
	for _, one := range r.Receivers {
		ready := output.Cell{Text: "yes", Style: output.Good}
		if !one.Ready {
			ready = output.Cell{Text: one.State, Style: output.Bad}
		}
		s := one.Status
		if s == nil {
			t.Add(append([]output.Cell{{Text: one.Pod}, ready}, output.Plain("-", "-", "-", "-", "-", "-", "-", output.OrDash(one.Error))...)...)
			continue
		}
		rejection := "-"
		if s.Intake.LastRejection != nil {
			rejection = fmt.Sprintf("%s, %s", s.Intake.LastRejection.Reason, r.ago(&metav1.Time{Time: s.Intake.LastRejection.Time}))
		}
		var last time.Time
		if s.Intake.LastReceived != nil {
			last = *s.Intake.LastReceived
		}
		note := s.Queue.Error
		if note == "" {
			note = s.Config.Error
		}
		t.Add(append([]output.Cell{{Text: one.Pod}, ready}, output.Plain(s.Version, output.Age(r.now, s.Started), short(s.Config.Hash),
			fmt.Sprintf("%s of %s", output.Bytes(s.Queue.Bytes), output.Bytes(s.Queue.MaxBytes)),
			strconv.FormatInt(s.Queue.DeadLettered, 10), output.Age(r.now, last), rejection, output.OrDash(note))...)...)
	}
	return t
}

func short(hash string) string { return hash[:min(len(hash), 8)] }

func (r *report) sinks() output.Table {
	t := output.Table{Header: []string{"NAME", "KIND", "STATE", "PENDING", "OLDEST", "DEAD", "LAST DELIVERY", "LAST ERROR"}}
	for _, s := range r.Sinks {
		state := output.Cell{Text: output.OrDash(string(s.State))}
		switch s.State {
		case v1alpha1.SinkDelivering:
			state.Style = output.Good
		case v1alpha1.SinkFailing:
			state.Style = output.Bad
		case v1alpha1.SinkSuspended:
			state.Style = output.Warning
		}
		if s.CircuitOpen {
			state.Text += ", probed"
		}
		t.Add(output.Cell{Text: s.Name}, output.Cell{Text: s.Kind}, state, output.Cell{Text: strconv.FormatInt(s.Pending, 10)},
			output.Cell{Text: r.age(s.OldestPendingTime)}, output.Cell{Text: strconv.FormatInt(s.DeadLettered, 10)},
			output.Cell{Text: r.age(s.LastDeliveryTime)}, output.Cell{Text: output.OrDash(s.LastError)})
	}
	return t
}

func (r *report) slots() output.Table {
	t := output.Table{Header: []string{"SLOT", "SECRET", "KEY", "STATE", "VERIFIED"}}
	for _, s := range r.Slots {
		verified := "-"
		if s.Verified != nil {
			verified = strconv.FormatInt(*s.Verified, 10)
		}
		t.Add(output.Cell{Text: s.Name}, output.Cell{Text: s.Secret}, output.Cell{Text: s.Key}, s.state(), output.Cell{Text: verified})
	}
	return t
}

func (s slot) state() output.Cell {
	switch {
	case s.Error != "":
		return output.Cell{Text: "unknown: " + s.Error, Style: output.Warning}
	case !s.Present && s.Name == "previous":
		return output.Cell{Text: "empty: no rotation is under way"}
	case !s.Present:
		return output.Cell{Text: "missing", Style: output.Bad}
	case len(s.Flaws) > 0:
		return output.Cell{Text: "there, but see below", Style: output.Warning}
	}
	return output.Cell{Text: "there", Style: output.Good}
}

func (r *report) writeAdvice(p *page) {
	p.printf("\n%s\n", p.Paint(output.Bold, "Advice"))
	if len(r.Advice) == 0 {
		p.printf("  Nothing is wrong.\n")
	}
	styles := map[advice.Severity]output.Style{advice.Act: output.Bad, advice.Look: output.Warning}
	for _, a := range r.Advice {
		about := a.About
		if a.Reason != "" {
			about += " (" + a.Reason + ")"
		}
		if a.Found != "" {
			about += ": " + output.Printable(a.Found)
		}
		p.printf("  %s  %s\n%s\n", p.Paint(styles[a.Severity], string(a.Severity)), about, output.Wrap(a.Do, 4))
	}
}

func (r *report) age(t *metav1.Time) string {
	if t == nil {
		return "-"
	}
	return output.Age(r.now, t.Time)
}

func (r *report) ago(t *metav1.Time) string {
	if t == nil {
		return "never"
	}
	return output.Age(r.now, t.Time) + " ago"
}
