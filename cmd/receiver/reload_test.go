// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestBrokenConfiguration shows that what cannot be taken over changes nothing.
func TestBrokenConfiguration(t *testing.T) {
	t.Parallel()
	sink := serve(t, nil)
	good := settings(raw("erp", sink.URL))
	v := mount(t, good)
	r, p := start(t, v, t.TempDir()), newPoster(t)
	before := r.status(t)

	otherwise := func(change func(*config.Config)) map[string]string {
		c := settings(raw("erp", nobody))
		change(c)
		return map[string]string{configFile: text(t, c)}
	}
	for _, c := range []struct {
		name    string
		changes map[string]string
		problem []string // parts of what is told
	}{
		{"that is no YAML", map[string]string{configFile: "sinks:\n\t- name: erp\n"}, []string{v.config(), "yaml: line 2"}},
		{"that is empty", map[string]string{configFile: "\n"}, []string{v.config(), "apiVersion: must be", "sinks: must name at least one sink"}},
		{"that is not there", map[string]string{configFile: ""}, []string{v.config(), "no such file"}},
		{"with an unknown field", map[string]string{configFile: text(t, good) + "tenant: Default\n"}, []string{v.config(), `unknown field "tenant"`}},
		{"with an invalid field", otherwise(func(c *config.Config) { c.Sinks[0].Format = "XML" }), []string{v.config(), "sinks[0].format: must be Raw"}},
		{"without the secret", map[string]string{currentFile: ""}, []string{`secret "current"`, currentFile, "no such file"}},
		{"with a header from a file that is not there", otherwise(func(c *config.Config) {
			c.Sinks[0].HTTP.Headers = []config.Header{{Name: "X-Key", File: "secrets/sinks/key"}}
		}), []string{"sinks[0].http.headers[0]", "secrets/sinks/key", "no such file"}},
		{"with another address for intake", otherwise(func(c *config.Config) { c.Intake.Address = "127.0.0.1:18080" }), []string{
			"intake.address and admin.address cannot change while the receiver runs", "from 127.0.0.1:0", "restart it",
		}},
		{"with another address for admin", otherwise(func(c *config.Config) { c.Admin.Address = "127.0.0.1:18081" }), []string{
			"intake.address and admin.address cannot change while the receiver runs", "from 127.0.0.1:0", "restart it",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v.write(t, c.changes)
			eventually(t, func() string {
				got := r.status(t).Config.Error
				for _, part := range c.problem {
					if !strings.Contains(got, part) {
						return fmt.Sprintf("config.error is %q, which lacks %q", got, part)
					}
				}
				return ""
			})
			event := fresh(t, superoffice.ActivityCreated)
			r.accepts(t, p, event)
			sink.gets(t, event)
			if got := r.status(t); got.Config.Hash != before.Config.Hash || !got.Config.Loaded.Equal(before.Config.Loaded) || !got.Ready {
				t.Errorf("the former configuration is not in force: %+v", got)
			}

			v.write(t, map[string]string{configFile: text(t, good), currentFile: secret})
			eventually(t, func() string { return r.status(t).Config.Error })
		})
	}
	t.Run("can be followed by one that works", func(t *testing.T) {
		v.write(t, map[string]string{configFile: "sinks: [}"})
		eventually(t, func() string {
			if r.status(t).Config.Error == "" {
				return "the broken configuration is not told of"
			}
			return ""
		})
		better := settings(raw("erp", sink.URL))
		better.Intake.Path = "/elsewhere"
		v.write(t, map[string]string{configFile: text(t, better)})
		eventually(t, func() string {
			if c := r.status(t).Config; c.Hash != config.Hash([]byte(text(t, better))) || c.Error != "" {
				return fmt.Sprintf("%+v", c)
			}
			return ""
		})
	})
	if got := r.status(t).Started; !got.Equal(before.Started) {
		t.Errorf("the receiver was started anew at %s", got)
	}
}

// TestSinksInPlace adds, changes and removes sinks while the receiver runs.
func TestSinksInPlace(t *testing.T) {
	t.Parallel()
	first, second, third := serve(t, nil), serve(t, nil), serve(t, nil)
	v := mount(t, settings(raw("erp", first.URL)))
	r, p := start(t, v, t.TempDir()), newPoster(t)
	before := r.status(t)
	post := func() string {
		event := fresh(t, superoffice.ActivityCreated)
		r.accepts(t, p, event)
		for _, s := range r.status(t).Sinks {
			r.settles(t, s.Name)
		}
		return string(event)
	}
	var a, b, c []string // what each endpoint is to get
	event := post()
	a = append(a, event)

	v.configure(t, r, settings(raw("erp", first.URL), raw("bi", second.URL)))
	event = post() // a sink that is new gets new events only
	a, b = append(a, event), append(b, event)

	v.configure(t, r, settings(raw("erp", third.URL), raw("bi", second.URL)))
	event = post() // a sink that moved goes on where it was
	b, c = append(b, event), append(c, event)

	picky := raw("bi", second.URL)
	picky.Events = []string{superoffice.ActivityDeleted}
	v.configure(t, r, settings(raw("erp", third.URL), picky))
	c = append(c, post())

	v.configure(t, r, settings(raw("erp", third.URL)))
	if names := r.names(t); !cmp.Equal(names, []string{"erp"}) {
		t.Errorf("the status tells of sinks %q", names)
	}
	v.configure(t, r, settings(raw("erp", third.URL), raw("bi", second.URL)))
	event = post() // one that was removed and came back is new
	b, c = append(b, event), append(c, event)

	for i, e := range []struct {
		endpoint *endpoint
		want     []string
	}{{first, a}, {second, b}, {third, c}} {
		var got []string
		for _, r := range e.endpoint.got() {
			got = append(got, r.Body)
		}
		if diff := cmp.Diff(e.want, got); diff != "" {
			t.Errorf("endpoint %d (-want +got)\n%s", i, diff)
		}
	}
	if got := r.status(t).Started; !got.Equal(before.Started) {
		t.Errorf("the receiver was started anew at %s", got)
	}
}

func (r *receiver) names(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, s := range r.status(t).Sinks {
		names = append(names, s.Name)
	}
	return names
}

// A sink without its URL, which is still to be told, has its events kept.
func TestSinkThatWaits(t *testing.T) {
	t.Parallel()
	sink, other := serve(t, nil), serve(t, nil)
	waiting := raw("erp", "")
	waiting.WaitingFor = `Service "erp" not found`
	v := mount(t, settings(waiting, raw("other", other.URL)))
	r, p := start(t, v, t.TempDir()), newPoster(t)
	var kept [][]byte
	for range 5 {
		kept = append(kept, fresh(t, superoffice.ActivityChanged))
		r.accepts(t, p, kept[len(kept)-1])
	}
	for _, event := range kept {
		other.gets(t, event)
	}
	if s := r.sink(t, "erp"); s.State != status.Failing || s.LastError != `not tried: Service "erp" not found` || s.Pending != 5 {
		t.Errorf("the sink: %+v", s)
	}
	v.configure(t, r, settings(raw("erp", sink.URL), raw("other", other.URL)))
	for _, event := range kept {
		sink.gets(t, event)
	}
	r.settles(t, "erp")
	if s := r.sink(t, "erp"); s.State != status.Delivering || s.LastError != "" {
		t.Errorf("the sink: %+v", s)
	}
}

// What nobody is asked to deliver yet is not lost.
func TestSuspend(t *testing.T) {
	t.Parallel()
	sink := serve(t, nil)
	c := settings(raw("erp", sink.URL))
	v := mount(t, c)
	r, p := start(t, v, t.TempDir()), newPoster(t)
	first := fresh(t, superoffice.ActivityCreated)
	r.accepts(t, p, first)
	sink.gets(t, first)
	r.settles(t, "erp")

	c.Suspend = true
	v.configure(t, r, c)
	var kept [][]byte
	for range 20 {
		kept = append(kept, fresh(t, superoffice.ActivityChanged))
		r.accepts(t, p, kept[len(kept)-1])
	}
	if s := r.sink(t, "erp"); s.State != status.Suspended || s.Pending != 20 || s.OldestPending == nil {
		t.Errorf("the sink: %+v", s)
	}
	if s := r.status(t); !s.Ready {
		t.Errorf("the receiver is not ready although it accepts everything: %+v", s)
	}
	if got := len(sink.got()); got != 1 {
		t.Errorf("%d events were delivered while suspended", got-1)
	}

	c.Suspend = false
	v.configure(t, r, c)
	for _, event := range kept {
		sink.gets(t, event)
	}
	r.settles(t, "erp")
	if s := r.sink(t, "erp"); s.State != status.Delivering || time.Since(*s.LastDelivery) > patience {
		t.Errorf("the sink: %+v", s)
	}
}
