// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestFormatsAreReadBackFromTheStream(t *testing.T) {
	t.Parallel()
	b := serve(t)
	const id = "52b8311e-745b-49a0-83eb-a9159635a307/associate.created"
	m := message(t, string(fixtures.SignedBody()))
	structured, err := format.Encode(config.CloudEventsStructured, m)
	if err != nil {
		t.Fatal(err)
	}
	always := func(contentType, body string, more ...string) entry {
		return append(entry{
			"id", id, "event", "associate.created", "tenant", "Default", "record", "Default/associate/141424",
			"content-type", contentType, "body", body,
		}, more...)
	}
	for f, want := range map[config.Format]entry{
		config.Raw: always("application/json; charset=utf-8", string(fixtures.SignedBody()),
			"header:Content-Type", "application/json; charset=utf-8",
			"header:X-Custom", "a, b",
			"header:X-Superoffice-Event", "associate.created",
			"header:X-Superoffice-Signature", fixtures.SignedSignature),
		config.CloudEventsBinary: always("application/json", string(fixtures.SignedBody()),
			"ce_id", id,
			"ce_partitionkey", "Default/associate/141424",
			"ce_source", "/superoffice/Default",
			"ce_specversion", "1.0",
			"ce_subject", "associate/141424",
			"ce_time", "2018-04-24T08:53:40.0597952Z",
			"ce_type", "com.superoffice.associate.created"),
		config.CloudEventsStructured: always("application/cloudevents+json", string(structured.Body)),
	} {
		t.Run(string(f), func(t *testing.T) {
			stream := "stream of " + string(f)
			sinktest.Delivered(t, open(t, b.address, as(f), func(o *Options) { o.Stream = stream }), m)
			if diff := cmp.Diff([]entry{want}, b.stored(stream)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestARepetitionIsAddedAgainWithTheSameID(t *testing.T) {
	t.Parallel()
	b := serve(t)
	for range 2 {
		sinktest.Delivered(t, open(t, b.address), numbered(t, 1))
	}
	if got := b.ids(); got != "[1/a.b 1/a.b]" {
		t.Errorf("the stream holds %s", got)
	}
}

func TestTheStreamIsTrimmedToAboutItsLength(t *testing.T) {
	t.Parallel()
	b := serve(t, "stream-node-max-entries 10")
	s := open(t, b.address, func(o *Options) { o.MaxLen = 20 })
	for n := range 100 {
		sinktest.Delivered(t, s, numbered(t, n))
	}
	all := b.stored(key)
	if len(all) < 20 || len(all) > 30 {
		t.Errorf("%d entries are left", len(all))
	}
	if last := all[len(all)-1].get("id"); last != "99/a.b" {
		t.Errorf("the last entry is %s", last)
	}
}

func TestTheDatabaseIsTheConfiguredOne(t *testing.T) {
	t.Parallel()
	b := serve(t)
	sinktest.Delivered(t, open(t, b.address, func(o *Options) { o.Database = 3 }), numbered(t, 1))
	if got := b.ids(); got != "[]" {
		t.Errorf("database 0 holds %s", got)
	}
	if moved, err := b.admin.Do(t.Context(), "SWAPDB", 0, 3).Result(); err != nil {
		t.Fatal(moved, err)
	}
	if got := b.ids(); got != "[1/a.b]" {
		t.Errorf("database 3 holds %s", got)
	}
	err := sinktest.Cause(t, open(t, b.address, func(o *Options) { o.Database = 99 }), sample(t))
	if !strings.Contains(err.Error(), "DB index is out of range") {
		t.Errorf("it says %q", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"an address without a port": {func(o *Options) { o.Address = "redis" }, "the address is not like redis:6379"},
		"an address without a host": {func(o *Options) { o.Address = ":6379" }, "the address is not like redis:6379"},
		"a URL as address":          {func(o *Options) { o.Address = "redis://user:s3cr3t@redis:6379" }, "the address is not like redis:6379"},
		"no stream":                 {func(o *Options) { o.Stream = "" }, "the stream has no name"},
		"a negative length":         {func(o *Options) { o.MaxLen = -1 }, "the stream's length is negative"},
		"a negative database":       {func(o *Options) { o.Database = -1 }, "the database's number is negative"},
		"a user without a password": {func(o *Options) { o.User = "receiver" }, "the user has no password"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{Address: "redis:6379", Stream: key}
			test.change(&o)
			s, err := New(o)
			if err == nil || s != nil || err.Error() != test.want {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}
