// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// kind gives the only sink another kind.
func kind(set func(*config.Sink)) func(*config.Config) {
	return func(c *config.Config) {
		c.Sinks[0].HTTP = nil
		set(&c.Sinks[0])
	}
}

// The shortest sink of each kind, to be made wrong.
func kafka(change func(*config.Kafka)) func(*config.Config) {
	return kind(func(s *config.Sink) {
		s.Kafka = &config.Kafka{Brokers: []string{"kafka:9092"}, Topic: "crm"}
		change(s.Kafka)
	})
}

func nats(change func(*config.NATS)) func(*config.Config) {
	return kind(func(s *config.Sink) {
		s.NATS = &config.NATS{URLs: []string{"nats://nats:4222"}, Subject: "crm.{event}"}
		change(s.NATS)
	})
}

func rabbitMQ(change func(*config.RabbitMQ)) func(*config.Config) {
	return kind(func(s *config.Sink) {
		s.RabbitMQ = &config.RabbitMQ{Address: "rabbit:5672", Auth: &config.UserPassword{Username: "me", PasswordFile: "password"}}
		change(s.RabbitMQ)
	})
}

func redis(change func(*config.Redis)) func(*config.Config) {
	return kind(func(s *config.Sink) {
		s.Redis = &config.Redis{Address: "redis:6379", Stream: "crm"}
		change(s.Redis)
	})
}

func auth(a config.HTTPAuth) func(*config.Config) {
	return func(c *config.Config) { c.Sinks[0].HTTP.Auth = &a }
}

func TestParseCompletesEachKind(t *testing.T) {
	for name, c := range map[string]struct{ given, want func(*config.Config) }{
		"kafka": {kafka(func(*config.Kafka) {}), kafka(func(k *config.Kafka) { k.Timeout = config.DefaultTimeout })},
		"nats":  {nats(func(*config.NATS) {}), nats(func(n *config.NATS) { n.Timeout = config.DefaultTimeout })},
		"rabbitMQ": {rabbitMQ(func(*config.RabbitMQ) {}), rabbitMQ(func(r *config.RabbitMQ) {
			r.VirtualHost, r.RoutingKey, r.Timeout = "/", "{event}", config.DefaultTimeout
		})},
		"redis": {redis(func(*config.Redis) {}), redis(func(r *config.Redis) { r.Timeout = config.DefaultTimeout })},
		"log": {
			kind(func(s *config.Sink) { s.Log = &config.Log{} }), kind(func(s *config.Sink) { s.Log = &config.Log{} }),
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := parse(t, marshal(t, minimal()))
			c.want(want)
			same(t, want, parse(t, marshal(t, with(c.given))))
		})
	}
}

func TestParseRefusesBrokers(t *testing.T) {
	longest := config.Duration(6 * 60 * 1e9)
	user := &config.UserPassword{Username: "me", PasswordFile: "password"}
	refuses(t, map[string]refusal{
		"two kinds": {
			func(c *config.Config) { c.Sinks[0].Log = &config.Log{} }, "sinks[0]: must have exactly one kind: http, kafka, nats, rabbitMQ, redis or log",
		},
		"two kinds that are wrong, always in the same order": {func(c *config.Config) {
			c.Sinks[0] = config.Sink{Name: "erp", Kafka: &config.Kafka{}, NATS: &config.NATS{}, Redis: &config.Redis{}}
		}, `sinks[0]: must have exactly one kind: http, kafka, nats, rabbitMQ, redis or log
sinks[0].kafka.brokers: must name at least one server
sinks[0].kafka.topic: must not be empty
sinks[0].nats.urls: must name at least one server
sinks[0].nats.subject: must be a subject without white space, '*' and '>', not ""
sinks[0].redis.address: must be host:port
sinks[0].redis.stream: must not be empty`},
		"a broker without a port": {
			kafka(func(k *config.Kafka) { k.Brokers = append(k.Brokers, "kafka") }), "sinks[0].kafka.brokers[1]: must be host:port",
		},
		"a broker with a user":    {kafka(func(k *config.Kafka) { k.Brokers[0] = "me@kafka:9092" }), "sinks[0].kafka.brokers[0]: must be host:port"},
		"a mechanism without who": {kafka(func(k *config.Kafka) { k.Mechanism = "PLAIN" }), "sinks[0].kafka: must have both mechanism and auth, or neither"},
		"who without a mechanism": {kafka(func(k *config.Kafka) { k.Auth = user }), "sinks[0].kafka: must have both mechanism and auth, or neither"},
		"an unknown mechanism": {
			kafka(func(k *config.Kafka) { k.Mechanism, k.Auth = "GSSAPI", user }),
			`sinks[0].kafka.mechanism: must be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, not "GSSAPI"`,
		},
		"an attempt of minutes at Kafka":    {kafka(func(k *config.Kafka) { k.Timeout = longest }), "sinks[0].kafka.timeout: must be between 1ms and 5m0s, not 6m0s"},
		"an attempt of minutes at NATS":     {nats(func(n *config.NATS) { n.Timeout = longest }), "sinks[0].nats.timeout: must be between 1ms and 5m0s, not 6m0s"},
		"an attempt of minutes at RabbitMQ": {rabbitMQ(func(r *config.RabbitMQ) { r.Timeout = longest }), "sinks[0].rabbitMQ.timeout: must be between 1ms and 5m0s, not 6m0s"},
		"an attempt of minutes at Redis":    {redis(func(r *config.Redis) { r.Timeout = longest }), "sinks[0].redis.timeout: must be between 1ms and 5m0s, not 6m0s"},
		"a NATS server of another scheme": {
			nats(func(n *config.NATS) { n.URLs[0] = "http://nats:4222" }), "sinks[0].nats.urls[0]: must be an absolute nats or tls URL",
		},
		"a NATS server with a user": {
			nats(func(n *config.NATS) { n.URLs[0] = "nats://me:secret@nats:4222" }),
			"sinks[0].nats.urls[0]: must not contain credentials; name a file that holds them",
		},
		"a subject for many": {
			nats(func(n *config.NATS) { n.Subject = "crm.*" }), `sinks[0].nats.subject: must be a subject without white space, '*' and '>', not "crm.*"`,
		},
		"RabbitMQ without a user": {rabbitMQ(func(r *config.RabbitMQ) { r.Auth = nil }), "sinks[0].rabbitMQ.auth: must not be empty"},
		"a user without a name or password": {
			rabbitMQ(func(r *config.RabbitMQ) { r.Auth = &config.UserPassword{} }),
			"sinks[0].rabbitMQ.auth.username: must not be empty\nsinks[0].rabbitMQ.auth.passwordFile: must not be empty",
		},
		"a URL for an address":          {rabbitMQ(func(r *config.RabbitMQ) { r.Address = "amqp://rabbit:5672" }), "sinks[0].rabbitMQ.address: must be host:port"},
		"an address to listen on":       {redis(func(r *config.Redis) { r.Address = ":6379" }), "sinks[0].redis.address: must be host:port"},
		"a stream of less than nothing": {redis(func(r *config.Redis) { r.MaxLength = -1 }), "sinks[0].redis.maxLength: must not be below 0, as -1 is"},
		"a database below the first":    {redis(func(r *config.Redis) { r.Database = -1 }), "sinks[0].redis.database: must not be below 0, as -1 is"},
		"a certificate without its key": {
			redis(func(r *config.Redis) { r.TLS = &config.TLS{CertificateFile: "tls.crt"} }),
			"sinks[0].redis.tls: must have both certificateFile and keyFile, or neither",
		},
	})
}

func TestParseRefusesHTTPAuth(t *testing.T) {
	const one = "sinks[0].http.auth: must have exactly one of bearerFile, basic and oauth2"
	user := &config.UserPassword{Username: "me", PasswordFile: "password"}
	refuses(t, map[string]refusal{
		"no way": {auth(config.HTTPAuth{}), one},
		"two":    {auth(config.HTTPAuth{BearerFile: "token", Basic: user}), one},
		"basic without a password": {
			auth(config.HTTPAuth{Basic: &config.UserPassword{Username: "me"}}), "sinks[0].http.auth.basic.passwordFile: must not be empty",
		},
		"client credentials without all": {
			auth(config.HTTPAuth{OAuth2: &config.OAuth2{}}), `sinks[0].http.auth.oauth2.tokenURL: must be an absolute http or https URL
sinks[0].http.auth.oauth2.clientID: must not be empty
sinks[0].http.auth.oauth2.clientSecretFile: must not be empty`,
		},
		"a key to sign with that is no file": {
			func(c *config.Config) { c.Sinks[0].HTTP.SigningKeyFiles = []config.SecretFile{"a", ""} },
			"sinks[0].http.signingKeyFiles[1]: must not be empty",
		},
		"a key without its certificate": {
			func(c *config.Config) { c.Sinks[0].HTTP.TLS = &config.TLS{KeyFile: "tls.key"} },
			"sinks[0].http.tls: must have both certificateFile and keyFile, or neither",
		},
	})
}

func TestParseRefusesDelivery(t *testing.T) {
	delivery := func(change func(*config.Delivery), want string) refusal {
		return refusal{func(c *config.Config) { change(&c.Sinks[0].Delivery) }, "sinks[0].delivery." + want}
	}
	refuses(t, map[string]refusal{
		"an unknown order": delivery(func(d *config.Delivery) { d.Order = "Total" }, `order: must be None or PerRecord, not "Total"`),
		"a negative rate":  delivery(func(d *config.Delivery) { d.PerSecond = -1 }, "perSecond: must be between 0 and 100000, not -1"),
		"a rate that is none": delivery(
			func(d *config.Delivery) { d.PerSecond = 100_001 }, "perSecond: must be between 0 and 100000, not 100001",
		),
		"fewer attempts than none": delivery(func(d *config.Delivery) { d.MaxAttempts = -1 }, "maxAttempts: must not be below 0, as -1 is"),
		"a circuit that opens at once": delivery(
			func(d *config.Delivery) { d.Circuit.After = 1 }, "circuit.after: must be between 1ms and 24h0m0s, not 1ns",
		),
		"a circuit that is probed every other day": delivery(
			func(d *config.Delivery) { d.Circuit.ProbeInterval = 2 * day }, "circuit.probeInterval: must be between 1ms and 24h0m0s, not 48h0m0s",
		),
	})
	for name, expression := range map[string]string{
		"a filter that is no CEL":       "event.PrimaryKey >",
		"a filter that is no condition": "event.PrimaryKey",
		"a filter of another variable":  "request.size > 1",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse(marshal(t, with(func(c *config.Config) { c.Sinks[0].Filter = expression })))
			if err == nil || !strings.HasPrefix(err.Error(), "sinks[0].filter: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// everyFile names a file in each field that can, "../" and all.
func everyFile(prefix config.SecretFile) []func(*config.Config) {
	user := &config.UserPassword{Username: "me", PasswordFile: prefix + "password"}
	return []func(*config.Config){
		func(c *config.Config) {
			c.Sinks[0].HTTP.SigningKeyFiles = []config.SecretFile{prefix + "k1", prefix + "k2"}
			c.Sinks[0].HTTP.TLS = &config.TLS{CAFile: prefix + "ca", CertificateFile: prefix + "cert", KeyFile: prefix + "key"}
			header(config.Header{Name: "X-Key", File: prefix + "header"})(c)
		},
		auth(config.HTTPAuth{BearerFile: prefix + "token"}),
		auth(config.HTTPAuth{Basic: user}),
		auth(config.HTTPAuth{OAuth2: &config.OAuth2{TokenURL: "https://a/", ClientID: "me", ClientSecretFile: prefix + "client"}}),
		kafka(func(k *config.Kafka) { k.Mechanism, k.Auth = "PLAIN", user }),
		nats(func(n *config.NATS) { n.CredentialsFile = prefix + "creds" }),
		rabbitMQ(func(r *config.RabbitMQ) { r.Auth, r.TLS = user, &config.TLS{CAFile: prefix + "ca"} }),
		redis(func(r *config.Redis) { r.Auth = user }),
	}
}

// The fields of everyFile, in order.
var fileFields = [][]string{
	{"http.headers[0].file", "http.signingKeyFiles[0]", "http.signingKeyFiles[1]", "http.tls.caFile", "http.tls.certificateFile", "http.tls.keyFile"},
	{"http.auth.bearerFile"},
	{"http.auth.basic.passwordFile"},
	{"http.auth.oauth2.clientSecretFile"},
	{"kafka.auth.passwordFile"},
	{"nats.credentialsFile"},
	{"rabbitMQ.auth.passwordFile", "rabbitMQ.tls.caFile"},
	{"redis.auth.passwordFile"},
}

func TestEveryFileIsReadAndNoneOutsideOfTheFolder(t *testing.T) {
	files := map[string]string{"secret": marker}
	for _, name := range []string{"k1", "k2", "ca", "cert", "key", "header", "token", "password", "client", "creds"} {
		files[name] = marker + name
	}
	for i, change := range everyFile("") {
		c := parse(t, marshal(t, with(change)))
		got, err := read(t, c, files)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Files["erp"]) != len(fileFields[i]) {
			t.Errorf("%v: got %d files", fileFields[i], len(got.Files["erp"]))
		}
		for name, value := range got.Files["erp"] {
			if value != marker+string(name) {
				t.Errorf("%v: the file %s was read wrongly", fileFields[i], name)
			}
		}
		_, err = read(t, c, map[string]string{"secret": marker})
		told(t, err, fileFields[i], "cannot be read: no such file or directory")
	}
	for i, change := range everyFile("../") {
		_, err := config.Parse(marshal(t, with(change)))
		told(t, err, fileFields[i], `must be a path below the folder of the configuration, not "../`)
	}
}

// told checks that an error has one line for each field, and what it says of it.
func told(t *testing.T, err error, fields []string, what string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%v: it was accepted", fields)
	}
	var got []string
	for line := range strings.Lines(err.Error()) {
		at, says, _ := strings.Cut(line, ": ")
		got = append(got, strings.TrimPrefix(at, "sinks[0]."))
		if !strings.Contains(says, what) {
			t.Errorf("%s says %q, want %q", at, says, what)
		}
	}
	if diff := cmp.Diff(fields, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
