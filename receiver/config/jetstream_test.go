// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// jetStream puts the queue into a cluster.
func jetStream(change func(*config.JetStream)) func(*config.Config) {
	return func(c *config.Config) {
		c.Queue.JetStream = &config.JetStream{URLs: []string{"nats://nats:4222"}, Prefix: "crm"}
		change(c.Queue.JetStream)
	}
}

func TestParseCompletesJetStream(t *testing.T) {
	want := parse(t, marshal(t, minimal()))
	jetStream(func(j *config.JetStream) { j.Replicas = 3 })(want)
	same(t, want, parse(t, marshal(t, with(jetStream(func(*config.JetStream) {})))))
}

func TestParseRefusesJetStream(t *testing.T) {
	user := &config.UserPassword{Username: "me", PasswordFile: "password"}
	refuses(t, map[string]refusal{
		"no server": {jetStream(func(j *config.JetStream) { j.URLs = nil }), "queue.jetStream.urls: must name at least one server"},
		"a server that is none of NATS": {
			jetStream(func(j *config.JetStream) { j.URLs = append(j.URLs, "https://nats") }),
			"queue.jetStream.urls[1]: must be an absolute nats or tls URL",
		},
		"a URL with credentials": {
			jetStream(func(j *config.JetStream) { j.URLs[0] = "nats://me:" + marker + "@nats" }),
			"queue.jetStream.urls[0]: must not contain credentials; name a file that holds them",
		},
		"no prefix": {
			jetStream(func(j *config.JetStream) { j.Prefix = "" }),
			`queue.jetStream.prefix: must be 1 to 200 letters, digits, '-' or '_', not ""`,
		},
		"a prefix that parts subjects": {
			jetStream(func(j *config.JetStream) { j.Prefix = "crm.a" }),
			`queue.jetStream.prefix: must be 1 to 200 letters, digits, '-' or '_', not "crm.a"`,
		},
		"an even number of replicas": {
			jetStream(func(j *config.JetStream) { j.Replicas = 2 }), "queue.jetStream.replicas: must be 1, 3 or 5, not 2",
		},
		"two ways to log in": {
			jetStream(func(j *config.JetStream) { j.CredentialsFile, j.Auth = "creds", user }),
			"queue.jetStream: must have at most one of credentialsFile, nkeyFile and auth",
		},
		"half a login": {
			jetStream(func(j *config.JetStream) { j.Auth = &config.UserPassword{Username: "me"} }),
			"queue.jetStream.auth.passwordFile: must not be empty",
		},
		"half a certificate": {
			jetStream(func(j *config.JetStream) { j.TLS = &config.TLS{CertificateFile: "c"} }),
			"queue.jetStream.tls: must have both certificateFile and keyFile, or neither",
		},
		"a file outside of the folder": {
			jetStream(func(j *config.JetStream) { j.NKeyFile = "../seed" }),
			`queue.jetStream.nkeyFile: must be a path below the folder of the configuration, not "../seed"`,
		},
		"to sync what is on the disks of others": {
			func(c *config.Config) { jetStream(func(*config.JetStream) {})(c); c.Queue.Sync = true },
			"queue.sync: must not be set with queue.jetStream, whose servers decide it",
		},
		"an order that several receivers cannot keep": {
			func(c *config.Config) {
				jetStream(func(*config.JetStream) {})(c)
				c.Sinks[0].Delivery.Order = config.PerRecord
			},
			"sinks[0].delivery.order: must be None with queue.jetStream: the receivers that share it cannot keep an order",
		},
	})
}

func TestReadSecretsOfTheQueue(t *testing.T) {
	user := &config.UserPassword{Username: "me", PasswordFile: "q/password"}
	c := with(jetStream(func(j *config.JetStream) { j.Auth, j.TLS = user, &config.TLS{CAFile: "q/ca"} }))
	files := map[string]string{"secret": "c", "q/password": marker + "\n", "q/ca": "ca"}
	first, err := read(t, c, files)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Queue) != 2 || first.Queue["q/password"] != marker || first.Queue["q/ca"] != "ca" {
		t.Error("the files were read wrongly")
	}
	files["q/password"] = marker + "2"
	second, err := read(t, c, files)
	if err != nil {
		t.Fatal(err)
	}
	if first.Equal(second) {
		t.Error("a changed password is taken for the same")
	}
	delete(files, "q/ca")
	_, err = read(t, c, files)
	fails(t, err, "queue.jetStream.tls.caFile: the file q/ca cannot be read: no such file or directory")
}
