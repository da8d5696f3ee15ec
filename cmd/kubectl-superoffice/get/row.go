// SPDX-License-Identifier: Apache-2.0

package get

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

// row is a resource at a glance; as JSON for scripts.
type row struct {
	Namespace         string       `json:"namespace"`
	Name              string       `json:"name"`
	Ready             string       `json:"ready"`
	Reason            string       `json:"reason,omitempty"`
	Message           string       `json:"message,omitempty"`
	Suspended         bool         `json:"suspended,omitempty"`
	ReadyReplicas     int32        `json:"readyReplicas"`
	Replicas          int32        `json:"replicas"`
	Pending           int64        `json:"pending"`
	OldestPendingTime *metav1.Time `json:"oldestPendingTime,omitempty"`
	DeadLettered      int64        `json:"deadLettered"`
	LastReceivedTime  *metav1.Time `json:"lastReceivedTime,omitempty"`
	FailingSinks      []string     `json:"failingSinks,omitempty"`
	URL               string       `json:"url,omitempty"`
	Pool              string       `json:"pool,omitempty"`

	now time.Time
}

func rowOf(w *v1alpha1.SuperOfficeWebhook, now time.Time) row {
	r := row{
		Namespace: w.Namespace, Name: w.Name, Ready: string(metav1.ConditionUnknown), Suspended: w.Spec.Suspend,
		ReadyReplicas: w.Status.ReadyReplicas, Replicas: w.Status.Replicas, Pool: w.Spec.Receiver.Pool, now: now,
	}
	if c := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		r.Ready, r.Reason, r.Message = string(c.Status), c.Reason, c.Message
	}
	if w.Status.ObservedGeneration < w.Generation { // what is told is about another spec, or about none
		r.Ready = string(metav1.ConditionUnknown)
		r.Reason = cmp.Or(r.Reason, "NotSeenYet")
	}
	if d := w.Status.Delivery; d != nil {
		r.Pending, r.OldestPendingTime, r.DeadLettered, r.LastReceivedTime = d.Pending, d.OldestPendingTime, d.DeadLettered, d.LastReceivedTime
	}
	for _, s := range w.Status.Sinks {
		if s.State == v1alpha1.SinkFailing {
			r.FailingSinks = append(r.FailingSinks, s.Name)
		}
	}
	if w.Status.Address != nil {
		r.URL = w.Status.Address.URL
	}
	return r
}

func (o *options) header() []string {
	header := []string{"NAME", "READY", "REASON", "RECEIVERS", "PENDING", "OLDEST", "DEAD", "LAST EVENT"}
	if o.all {
		header = append([]string{"NAMESPACE"}, header...)
	}
	if o.output == output.Wide {
		header = append(header, "FAILING SINKS", "POOL", "URL", "MESSAGE")
	}
	return header
}

func (o *options) cells(r row) []output.Cell {
	cells := []output.Cell{
		{Text: r.Name, Style: output.Bold},
		{Text: r.Ready, Style: map[string]output.Style{"True": output.Good, "False": output.Bad}[r.Ready]},
		{Text: output.OrDash(r.reason())},
		{Text: fmt.Sprintf("%d/%d", r.ReadyReplicas, r.Replicas), Style: warn(r.ReadyReplicas < r.Replicas)},
		{Text: strconv.FormatInt(r.Pending, 10)},
		{Text: r.age(r.OldestPendingTime)},
		{Text: strconv.FormatInt(r.DeadLettered, 10), Style: warn(r.DeadLettered > 0)},
		{Text: r.age(r.LastReceivedTime)},
	}
	if o.all {
		cells = append([]output.Cell{{Text: r.Namespace}}, cells...)
	}
	if o.output == output.Wide {
		cells = append(cells, output.Cell{Text: output.OrDash(strings.Join(r.FailingSinks, ","))}, output.Cell{Text: output.OrDash(r.Pool)},
			output.Cell{Text: output.OrDash(r.URL)}, output.Cell{Text: output.OrDash(r.Message)})
	}
	return cells
}

// reason adds what Ready does not tell: that nothing is delivered.
func (r row) reason() string {
	switch {
	case r.Suspended && r.Reason != v1alpha1.ReasonSuspended:
		return r.Reason + ", " + v1alpha1.ReasonSuspended
	case len(r.FailingSinks) > 0 && r.Reason != v1alpha1.ReasonSinkFailing:
		return r.Reason + ", " + v1alpha1.ReasonSinkFailing
	}
	return r.Reason
}

func (r row) age(t *metav1.Time) string {
	if t == nil {
		return "-"
	}
	return output.Age(r.now, t.Time)
}

func warn(when bool) output.Style {
	if when {
		return output.Warning
	}
	return output.None
}

func (o *options) table(rows []row) *output.Table {
	table := &output.Table{Header: o.header()}
	for _, r := range rows {
		table.Add(o.cells(r)...)
	}
	return table
}

func (o *options) write(w io.Writer, rows []row) error {
	if o.output.ForScripts() {
		return o.output.Document(w, rows)
	}
	if len(rows) == 0 && !o.watch {
		return nil
	}
	return o.table(rows).Write(w, output.PaletteOf(w))
}
