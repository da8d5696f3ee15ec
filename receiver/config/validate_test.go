// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// refusal is a change of the minimal configuration and the whole error that it leads to.
type refusal struct {
	change func(*config.Config)
	want   string
}

// refuses parses each changed configuration from its file.
func refuses(t *testing.T, cases map[string]refusal) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := config.Parse(marshal(t, with(c.change)))
			fails(t, err, c.want)
			if got != nil {
				t.Error("there is a configuration beside the error")
			}
		})
	}
}

const day = config.Duration(24 * time.Hour)

func TestParseRefusesOutsideOfSinks(t *testing.T) {
	path := func(p string) refusal {
		return refusal{
			func(c *config.Config) { c.Intake.Path = p },
			`intake.path: must be a clean absolute path like "/webhook", not "` + p + `"`,
		}
	}
	secretFile := func(name string) refusal {
		return refusal{
			func(c *config.Config) { c.Intake.Secrets[0].File = name },
			`intake.secrets[0].file: must be a path below the folder of the configuration, not "` + name + `"`,
		}
	}
	refuses(t, map[string]refusal{
		"a version of another time": {
			func(c *config.Config) { c.APIVersion = "receiver.superoffice.dev/v2" },
			`apiVersion: must be "receiver.superoffice.dev/v1", not "receiver.superoffice.dev/v2"`,
		},
		"TLS without its files": {
			func(c *config.Config) { c.Intake.TLS = &config.ServerTLS{} },
			`intake.tls.certificateFile: must be a path below the folder of the configuration, not ""` + "\n" +
				`intake.tls.keyFile: must be a path below the folder of the configuration, not ""`,
		},
		"TLS with files of others": {
			func(c *config.Config) {
				c.Intake.TLS = &config.ServerTLS{CertificateFile: "tls.crt", KeyFile: "../tls.key", AuthoritiesFile: "/etc/passwd"}
			},
			`intake.tls.keyFile: must be a path below the folder of the configuration, not "../tls.key"` + "\n" +
				`intake.tls.authoritiesFile: must be a path below the folder of the configuration, not "/etc/passwd"`,
		},
		"traces that go nowhere": {
			func(c *config.Config) {
				c.Tracing = &config.Tracing{Endpoint: "otel-collector:4317", SamplingRatePerMillion: ptr(1_000_001)}
			},
			"tracing.endpoint: must be an absolute http or https URL\n" +
				"tracing.samplingRatePerMillion: must be between 0 and 1000000, not 1000001",
		},
		"an intake address without a port": {
			func(c *config.Config) { c.Intake.Address = "0.0.0.0" },
			`intake.address: must be host:port or :port, not "0.0.0.0"`,
		},
		"an admin address with too many colons": {
			func(c *config.Config) { c.Admin.Address = "::1:8081" },
			`admin.address: must be host:port or :port, not "::1:8081"`,
		},
		"a relative path":                     path("webhook"),
		"a path that is not clean":            path("/a/../webhook"),
		"a path with an empty part":           path("/a//b"),
		"a path of slashes":                   path("//"),
		"a path that ends in a dot":           path("/a/."),
		"a path with a query":                 path("/webhook?key=1"),
		"a path with an escape":               path("/web%20hook"),
		"a path with a space":                 path("/web hook"),
		"a body limit too small for an event": {func(c *config.Config) { c.Intake.MaxBodyBytes = 1023 }, "intake.maxBodyBytes: must be between 1024 and 8388608, not 1023"},
		"a body limit too large for the queue": {
			func(c *config.Config) { c.Intake.MaxBodyBytes = 8<<20 + 1 }, "intake.maxBodyBytes: must be between 1024 and 8388608, not 8388609",
		},
		"no secret": {
			func(c *config.Config) { c.Intake.Secrets = nil },
			"intake.secrets: must name at least one secret: without one, forged events could not be told from real ones",
		},
		"a secret without a name": {func(c *config.Config) { c.Intake.Secrets[0].Name = "" }, "intake.secrets[0].name: must not be empty"},
		"a second secret without a file": {
			func(c *config.Config) {
				c.Intake.Secrets = append(c.Intake.Secrets, config.SharedSecret{Name: "previous"})
			},
			`intake.secrets[1].file: must be a path below the folder of the configuration, not ""`,
		},
		"a secret in the folder above":          secretFile("../secret"),
		"a secret in the folder above by a way": secretFile("a/../../secret"),
		"a secret by its absolute path":         secretFile("/etc/shadow"),
		"no event":                              {func(c *config.Config) { c.Events = nil }, "events: must name at least one event"},
		"an event that is not known": {
			func(c *config.Config) { c.Events = []string{"activity.created", "contact.created"} },
			`events[1]: must be one of activity.created, activity.changed, activity.deleted, not "contact.created"`,
		},
		"an event twice": {
			func(c *config.Config) { c.Events = []string{"activity.created", "activity.created"} },
			`events[1]: "activity.created" is named before`,
		},
		"a queue too small for large bodies": {func(c *config.Config) { c.Queue.MaxBytes = 16<<20 - 1 }, "queue.maxBytes: must be at least 16777216, not 16777215"},
		"a hand-over to no address": {
			func(c *config.Config) { c.HandOver.URL = "crm-receiver.sales.svc/webhook" },
			"handOver.url: must be an absolute http or https URL",
		},
		"a generation that none comes before": {func(c *config.Config) { c.HandOver.Generation = -1 }, "handOver.generation: must not be negative"},
		"events kept for years":               {func(c *config.Config) { c.Queue.MaxAge = 366 * day }, "queue.maxAge: must be between 1s and 8760h0m0s, not 8784h0m0s"},
		"events kept for no time": {
			func(c *config.Config) {
				c.Queue = config.Queue{MaxAge: config.Duration(time.Millisecond), DuplicateWindow: config.Duration(100 * time.Millisecond)}
			},
			"queue.maxAge: must be between 1s and 8760h0m0s, not 1ms\n" +
				"queue.duplicateWindow: must be between 100ms and 1ms, not 100ms",
		},
		"a duplicate window shorter than SuperOffice's attempts": {
			func(c *config.Config) { c.Queue.DuplicateWindow = 1 }, "queue.duplicateWindow: must be between 100ms and 168h0m0s, not 1ns",
		},
		"a duplicate window that outlives the events": {
			func(c *config.Config) { c.Queue.DuplicateWindow = 8 * day }, "queue.duplicateWindow: must be between 100ms and 168h0m0s, not 192h0m0s",
		},
		"no sink": {func(c *config.Config) { c.Sinks = nil }, "sinks: must name at least one sink"},
	})
}

func TestParseRefusesSinks(t *testing.T) {
	sink := func(change func(*config.Sink), want string) refusal {
		return refusal{func(c *config.Config) { change(&c.Sinks[0]) }, want}
	}
	name := func(text string) refusal {
		return sink(func(s *config.Sink) { s.Name = text }, `sinks[0].name: must be 1 to 63 lower-case letters, digits or '-', not "`+text+`"`)
	}
	address := func(text, want string) refusal {
		return sink(func(s *config.Sink) { s.HTTP.URL = text }, "sinks[0].http.url: "+want)
	}
	const absolute = "must be an absolute http or https URL"
	refuses(t, map[string]refusal{
		"a name with a dot":                        name("erp.main"),
		"a name in capitals":                       name("ERP"),
		"a name that ends in a hyphen":             name("erp-"),
		"a name that is too long":                  name(strings.Repeat("a", 64)),
		"a name that would be a pattern of queues": name("*"),
		"no name": name(""),
		"a name that is taken": {
			func(c *config.Config) { c.Sinks = append(c.Sinks, c.Sinks[0]) }, `sinks[1].name: "erp" is taken by another sink`,
		},
		"an event that is not received at all": sink(
			func(s *config.Sink) { s.Events = []string{"activity.deleted"} }, `sinks[0].events[0]: must be one of activity.created, not "activity.deleted"`,
		),
		"an event twice": sink(
			func(s *config.Sink) { s.Events = []string{"activity.created", "activity.created"} }, `sinks[0].events[1]: "activity.created" is named before`,
		),
		"an unknown format": sink(
			func(s *config.Sink) { s.Format = "XML" }, `sinks[0].format: must be Raw, CloudEventsBinary or CloudEventsStructured, not "XML"`,
		),
		"no kind":                     sink(func(s *config.Sink) { s.HTTP = nil }, "sinks[0]: must have exactly one kind: http, kafka, nats, rabbitMQ, redis or log"),
		"no URL":                      address("", absolute),
		"a relative URL":              address("/hooks", absolute),
		"a URL of another scheme":     address("ftp://erp.example.com/", absolute),
		"a URL without a host":        address("http:///hooks", absolute),
		"a URL that is only a host":   address("erp.example.com", absolute),
		"text that is no URL":         address("http://erp.example.com:port/", "is not a URL"),
		"a URL with a user":           address("http://user@erp.example.com/", "must not contain credentials; name a file that holds them"),
		"no URL of an HTTP endpoint":  sink(func(s *config.Sink) { s.HTTP.URL = "" }, "sinks[0].http.url: must be an absolute http or https URL"),
		"a bad URL of one that waits": sink(func(s *config.Sink) { s.HTTP.URL, s.WaitingFor = "erp", "a Service" }, "sinks[0].http.url: must be an absolute http or https URL"),
		"an attempt longer than 5m":   sink(func(s *config.Sink) { s.HTTP.Timeout = day }, "sinks[0].http.timeout: must be between 1ms and 5m0s, not 24h0m0s"),
		"an attempt of no time":       sink(func(s *config.Sink) { s.HTTP.Timeout = 1 }, "sinks[0].http.timeout: must be between 1ms and 5m0s, not 1ns"),
		"too many attempts at a time": sink(func(s *config.Sink) { s.Delivery.Concurrency = 257 }, "sinks[0].delivery.concurrency: must be between 1 and 256, not 257"),
		"fewer attempts than none":    sink(func(s *config.Sink) { s.Delivery.Concurrency = -1 }, "sinks[0].delivery.concurrency: must be between 1 and 256, not -1"),
		"a first pause longer than the longest": sink(
			func(s *config.Sink) { s.Delivery.InitialBackoff, s.Delivery.MaxBackoff = day, day/24 },
			"sinks[0].delivery.initialBackoff: must be between 1ms and 1h0m0s, not 24h0m0s",
		),
		"a longest pause of days": sink(
			func(s *config.Sink) { s.Delivery.MaxBackoff = 2 * day }, "sinks[0].delivery.maxBackoff: must be between 1ms and 24h0m0s, not 48h0m0s",
		),
		"attempts for longer than events are kept": sink(
			func(s *config.Sink) { s.Delivery.MaxAge = 8 * day }, "sinks[0].delivery.maxAge: must be between 1ms and 168h0m0s, not 192h0m0s",
		),
	})
}

func TestParseRefusesHeaders(t *testing.T) {
	const at = "sinks[0].http.headers[0]"
	cases := map[string]refusal{
		"a name with a space": {header(config.Header{Name: "X Key", Value: ptr("")}), at + `.name: must be the name of an HTTP header, not "X Key"`},
		"no name":             {header(config.Header{Value: ptr("")}), at + `.name: must be the name of an HTTP header, not ""`},
		"neither a value nor a file": {
			header(config.Header{Name: "X-Key"}), at + ": must have exactly one of value and file",
		},
		"both a value and a file": {
			header(config.Header{Name: "X-Key", Value: ptr(""), File: "key"}), at + ": must have exactly one of value and file",
		},
		"a file in the folder above": {
			header(config.Header{Name: "X-Key", File: "../key"}), at + `.file: must be a path below the folder of the configuration, not "../key"`,
		},
		"a value that breaks the line": {
			header(config.Header{Name: "X-Key", Value: ptr("a\r\nHost: b")}), at + ".value: must not contain line breaks or other control characters",
		},
		"a value with a NUL": {
			header(config.Header{Name: "X-Key", Value: ptr("\x00")}), at + ".value: must not contain line breaks or other control characters",
		},
	}
	for _, name := range []string{
		"host", "Content-Length", "transfer-encoding", "Connection", "Keep-Alive", "upgrade", "TE", "Trailer", "Proxy-Connection",
	} {
		cases[name+", which belongs to the connection"] = refusal{
			header(config.Header{Name: name, Value: ptr("")}), at + `.name: must not be a header of the connection, as "` + name + `" is`,
		}
	}
	refuses(t, cases)
}

func TestParseTellsAllThatIsWrong(t *testing.T) {
	refuses(t, map[string]refusal{"in the order of the file": {func(c *config.Config) {
		c.APIVersion = ""
		c.Intake = config.Intake{Address: "a", Path: "b", MaxBodyBytes: 1}
		c.Events = []string{"a"}
		c.Sinks = []config.Sink{{Name: "A", Format: "B"}, {Name: "A", HTTP: &config.HTTP{URL: "c"}}}
	}, `apiVersion: must be "receiver.superoffice.dev/v1", not ""
intake.address: must be host:port or :port, not "a"
intake.path: must be a clean absolute path like "/webhook", not "b"
intake.maxBodyBytes: must be between 1024 and 8388608, not 1
intake.secrets: must name at least one secret: without one, forged events could not be told from real ones
events[0]: must be one of activity.created, activity.changed, activity.deleted, not "a"
sinks[0].name: must be 1 to 63 lower-case letters, digits or '-', not "A"
sinks[0].format: must be Raw, CloudEventsBinary or CloudEventsStructured, not "B"
sinks[0]: must have exactly one kind: http, kafka, nats, rabbitMQ, redis or log
sinks[1].name: "A" is taken by another sink
sinks[1].name: must be 1 to 63 lower-case letters, digits or '-', not "A"
sinks[1].http.url: must be an absolute http or https URL`}})
}

func TestParseNeverRepeatsWhatMayBeSecret(t *testing.T) {
	const marker = "hunter2"
	for name, change := range map[string]func(*config.Config){
		"the user of a URL":           func(c *config.Config) { c.Sinks[0].HTTP.URL = "https://user:" + marker + "@erp.example.com/" },
		"a URL that is none":          func(c *config.Config) { c.Sinks[0].HTTP.URL = "https://erp.example.com/%zz?key=" + marker },
		"the query of a relative URL": func(c *config.Config) { c.Sinks[0].HTTP.URL = "/hooks?key=" + marker },
		"the value of a header":       header(config.Header{Name: "X-Key", Value: ptr(marker + "\n")}),
		"the value beside a file":     header(config.Header{Name: "X-Key", Value: ptr(marker), File: "key"}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse(marshal(t, with(change)))
			if err == nil || strings.Contains(err.Error(), marker) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a value in a field that does not exist", func(t *testing.T) {
		_, err := config.Parse([]byte("intake: {secrets: [{name: current, value: " + marker + "}]}"))
		if err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("got %v", err)
		}
	})
}

func TestParseAcceptsTheLimits(t *testing.T) {
	for name, change := range map[string]func(*config.Config){
		"the shortest path":         func(c *config.Config) { c.Intake.Path = "/" },
		"a path that ends in slash": func(c *config.Config) { c.Intake.Path = "/hooks/" },
		"a path of odd characters":  func(c *config.Config) { c.Intake.Path = "/a-b._~$&+,;=:@/..c" },
		"any port":                  func(c *config.Config) { c.Intake.Address = "localhost:0" },
		"the largest body":          func(c *config.Config) { c.Intake.MaxBodyBytes = 8 << 20 },
		"a file further below":      func(c *config.Config) { c.Intake.Secrets[0].File = "a/b/../c" },
		"a file whose name begins with two dots": func(c *config.Config) {
			c.Intake.Secrets[0].File = "..data/secret"
		},
		"the longest name of a sink": func(c *config.Config) { c.Sinks[0].Name = strings.Repeat("a", 63) },
		"a name of one digit":        func(c *config.Config) { c.Sinks[0].Name = "1" },
		"a header with a tab":        header(config.Header{Name: "x-key", Value: ptr("a\tb")}),
		"an empty header":            header(config.Header{Name: "X-Key", Value: ptr("")}),
	} {
		t.Run(name, func(t *testing.T) { parse(t, marshal(t, with(change))) })
	}
}
