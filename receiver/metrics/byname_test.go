// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// TestConfigured shows that what is configured is there at 0 before it is used, keeps its figures when the configuration
// changes around it, and leaves nothing behind when it is configured no more.
func TestConfigured(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	steps := []struct {
		do   func()
		want string
	}{
		{func() { m.Configured([]string{"current"}, []string{"erp"}) }, "current 0, erp delivered 0, erp retry 0, erp dead 0"},
		{func() {
			m.Answered(intake.Answer{Reason: intake.Stored, Secret: "current"})
			m.Attempted("erp", sink.Delivered{}, time.Second)
		}, "current 1, erp delivered 1, erp retry 0, erp dead 0"},
		{
			func() { m.Configured([]string{"current", "previous"}, []string{"bi", "erp"}) },
			"current 1, previous 0, bi delivered 0, bi retry 0, bi dead 0, erp delivered 1, erp retry 0, erp dead 0",
		},
		{func() { m.Configured([]string{"current"}, []string{"bi"}) }, "current 1, bi delivered 0, bi retry 0, bi dead 0"},
		{func() { m.Attempted("erp", sink.Retry{}, time.Second) }, // that was under way
			"current 1, bi delivered 0, bi retry 0, bi dead 0, erp delivered 0, erp retry 1, erp dead 0"},
		{func() { m.Configured([]string{"current"}, []string{"bi"}) }, "current 1, bi delivered 0, bi retry 0, bi dead 0"},
	}
	for i, step := range steps {
		step.do()
		got, want := counted(t, m), strings.Split(step.want, ", ")
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("step %d (-want +counted)\n%s", i, diff)
		}
	}
}

// counted are all counts with labels that the configuration brings, like "erp retry 1".
func counted(t *testing.T, m *metrics.Metrics) []string {
	t.Helper()
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, family := range families {
		for _, one := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range one.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			switch strings.TrimPrefix(family.GetName(), ours) {
			case "signatures_verified_total":
				all = append(all, fmt.Sprintf("%s %v", labels["secret"], one.GetCounter().GetValue()))
			case "delivery_attempt_duration_seconds":
				all = append(all, fmt.Sprintf("%s %s %d", labels["sink"], labels["outcome"], one.GetHistogram().GetSampleCount()))
			}
		}
	}
	slices.Sort(all)
	return all
}

func TestNothingIsLostWhileTheConfigurationChanges(t *testing.T) {
	t.Parallel()
	const workers, requests = 8, 200
	m := metrics.New()
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for j := range requests {
				m.Answered(intake.Answer{Reason: intake.Stored, Secret: "current"})
				m.Attempted("erp", sink.Delivered{}, time.Second)
				m.Configured([]string{"current", fmt.Sprint(i, j)}, []string{"erp"})
			}
		})
	}
	all.Wait()
	m.Configured([]string{"current"}, []string{"erp"})
	want := []string{fmt.Sprint("current ", workers*requests), "erp dead 0", fmt.Sprint("erp delivered ", workers*requests), "erp retry 0"}
	if diff := cmp.Diff(want, counted(t, m)); diff != "" {
		t.Errorf("(-want +counted)\n%s", diff)
	}
}

// SuperOffice waits while its request is counted.
func TestCountingTakesNoMemory(t *testing.T) { // alone, for others' memory would count as well
	m := metrics.New()
	m.Configured([]string{"current", "previous"}, []string{"erp"})
	var observer intake.Observer = m
	if n := testing.AllocsPerRun(100, func() {
		observer.Answered(intake.Answer{Reason: intake.Stored, Took: time.Millisecond, BodyBytes: 1700, Secret: "current"})
		observer.Answered(intake.Answer{Reason: intake.SignatureMismatch, Took: time.Millisecond, BodyBytes: 1700})
		m.Attempted("erp", sink.Delivered{}, time.Millisecond)
	}); n > 0 {
		t.Errorf("counting takes %v pieces of memory", n)
	}
}

// BenchmarkAnswered is what counting adds to each request.
func BenchmarkAnswered(b *testing.B) {
	m := metrics.New()
	m.Configured([]string{"current", "previous"}, []string{"erp"})
	b.ReportAllocs()
	for b.Loop() {
		m.Answered(intake.Answer{Reason: intake.Stored, Took: time.Millisecond, BodyBytes: 1700, Secret: "current"})
	}
}
