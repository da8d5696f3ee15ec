// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// fault is what can be wrong with a value of a type, wherever it stands: a field of it (none: the value itself) that is set
// to something else (null: taken away), and what is said then, from the path of the value on.
type fault struct{ name, field, value, message string }

// faults are by type, because many fields are of one.
var faults = map[reflect.Type][]fault{
	reflect.TypeFor[Duration](): {
		{"in days", "", "1d", " in body should match"},
		{"below zero", "", "-1s", " in body should match"},
		{"with two points", "", "1.2.3s", `: Invalid value: "1.2.3s": must be a duration between`},
		{"that is a number", "", "10", ` in body must be of type string: "integer"`},
		{"in too many words", "", strings.Repeat("1ms", 11), ": Too long: may not be more than 32 bytes"},
	},
	reflect.TypeFor[Timeout](): {
		{"in words", "", "10 seconds", `: Invalid value: "10 seconds": must be a duration between 100ms and 5m, like 10s or 1m30s`},
		{"without a unit", "", "'10'", `: Invalid value: "10": must be a duration between 100ms and 5m, like 10s or 1m30s`},
		{"that is a number", "", "10", ` in body must be of type string: "integer"`},
		{"with two points", "", "1.2.3s", `: Invalid value: "1.2.3s": must be a duration between 100ms and 5m, like 10s or 1m30s`},
		{"that is too short", "", "99ms", `: Invalid value: "99ms": must be a duration between 100ms and 5m, like 10s or 1m30s`},
		{"that is too long", "", "301s", `: Invalid value: "301s": must be a duration between 100ms and 5m, like 10s or 1m30s`},
		{"in too many words", "", strings.Repeat("1ms", 11), ": Too long: may not be more than 32 bytes"},
	},
	reflect.TypeFor[HostPort](): {
		{"that is empty", "", "''", notAnAddress("")},
		{"without a port", "", "kafka.messaging", notAnAddress("kafka.messaging")},
		{"without a host", "", "':9092'", notAnAddress(":9092")},
		{"with a scheme", "", "kafka://kafka:9092", notAnAddress("kafka://kafka:9092")},
		{"with credentials", "", "'me:pass@kafka:9092'", notAnAddress("me:pass@kafka:9092")},
		{"with a path", "", "kafka:9092/topic", notAnAddress("kafka:9092/topic")},
		{"with a port in words", "", "kafka:https", notAnAddress("kafka:https")},
		{"with a port of zero", "", "kafka:0", notAnAddress("kafka:0")},
		{"with a port that does not exist", "", "kafka:65536", notAnAddress("kafka:65536")},
		{"of IPv6 without brackets", "", "'2001:db8::1:9092'", notAnAddress("2001:db8::1:9092")},
		{"with a space", "", "kafka messaging:9092", notAnAddress("kafka messaging:9092")},
		{"of two servers", "", "'a:9092,b:9092'", notAnAddress("a:9092,b:9092")},
		{"that is too long", "", text(252) + ":9092", ": Too long: may not be more than 256 bytes"},
	},
	reflect.TypeFor[NATSURL](): {
		{"without a scheme", "", "nats:4222", `: Invalid value: "nats:4222": must be the nats or tls URL of one server, without credentials and path, like nats://nats.messaging:4222`},
		{"of another kind", "", "https://nats:4222", `: Invalid value: "https://nats:4222": must be the nats or tls URL of one server`},
		{"over WebSocket", "", "wss://nats:443", ": Invalid value: \"wss://nats:443\": must be the nats or tls URL of one server"},
		{"without a host", "", "'nats://:4222'", ": Invalid value: \"nats://:4222\": must be the nats or tls URL of one server"},
		{"with credentials", "", "nats://me:pass@nats:4222", ": Invalid value: \"nats://me:pass@nats:4222\": must be the nats or tls URL of one server, without credentials"},
		{"with a path", "", "nats://nats:4222/superoffice", ": Invalid value: \"nats://nats:4222/superoffice\": must be the nats or tls URL of one server, without credentials and path"},
		{"with a query", "", "'nats://nats:4222?token=t'", ": Invalid value: \"nats://nats:4222?token=t\": must be the nats or tls URL of one server"},
		{"of two servers", "", "'nats://nats-0:4222,nats-1:4222'", ": Invalid value: \"nats://nats-0:4222,nats-1:4222\": must be the nats or tls URL of one server"},
		{"that is too long", "", "nats://" + text(250), ": Too long: may not be more than 256 bytes"},
	},
	reflect.TypeFor[Hostname](): {
		{"that is empty", "", "''", notAHost("")},
		{"in capitals", "", "Hooks.example.com", notAHost("Hooks.example.com")},
		{"with a scheme", "", "https://hooks.example.com", notAHost("https://hooks.example.com")},
		{"with a port", "", "hooks.example.com:443", notAHost("hooks.example.com:443")},
		{"with a path", "", "hooks.example.com/crm", notAHost("hooks.example.com/crm")},
		{"with a wildcard", "", "'*.example.com'", notAHost("*.example.com")},
		{"with a dot at its end", "", "hooks.example.com.", notAHost("hooks.example.com.")},
		{"with a label that is too long", "", text(64) + ".example.com", notAHost(text(64) + ".example.com")},
		{"that is an address", "", "192.0.2.1", notAHost("192.0.2.1")},
		{"that is an address of IPv6", "", "'2001:db8::1'", notAHost("2001:db8::1")},
		{"that is too long", "", text(254), ": Too long: may not be more than 253 bytes"},
	},
	reflect.TypeFor[Annotations](): {
		{"with a key of two domains", "", "{a/b/c: d}", badAnnotation},
		{"with an empty key", "", "{'': d}", badAnnotation},
		{"with a key that is too long", "", "{" + text(64) + ": d}", badAnnotation},
		{"that are too many", "", "{" + strings.Trim(list(33, "k%d: v"), "[]") + "}", ": Too many: 33: must have at most 32 items"},
		{"with a number", "", "{a: 1}", ".a in body must be of type string: \"integer\""},
	},
	reflect.TypeFor[SecretKey](): {
		{"that is empty", "", "''", " in body should be at least 1 chars long"},
		{"that no Secret can have", "", "a/b", " in body should match '^[-._a-zA-Z0-9]+$'"},
		{"that is this folder", "", ".", `: Invalid value: ".": must not be '.' or start with '..': no Secret can have such a key`},
		{"that is the folder above", "", "..", `: Invalid value: "..": must not be '.' or start with '..': no Secret can have such a key`},
		{"that is too long", "", text(254), ": Too long: may not be more than 253 bytes"},
	},
	reflect.TypeFor[SecretSource](): {
		{"from nowhere", ".secretKeyRef", "null", ".secretKeyRef: Required value"},
		{"from a word", "", "erp", ` in body must be of type object: "string"`},
	},
	reflect.TypeFor[SecretKeyReference](): slices.Concat(nameOfSecret, []fault{
		{"without a key", ".key", "null", ".key: Required value"},
		{"of another namespace", ".namespace", "crm", ".namespace"},
	}),
	reflect.TypeFor[CertificateReference](): nameOfSecret,
	reflect.TypeFor[UserPassword](): {
		{"of nobody", ".username", "null", ".username: Required value"},
		{"with an empty name", ".username", "''", ".username in body should be at least 1 chars long"},
		{"with a name that is too long", ".username", text(257), ".username: Too long: may not be more than 256 bytes"},
		{"without a password", ".password", "null", ".password: Required value"},
		{"with a password that is no secret", ".password", "pass", `.password in body must be of type object: "string"`},
	},
}

var nameOfSecret = []fault{
	{"without a name", ".name", "null", ".name: Required value"},
	{"with an empty name", ".name", "''", ".name in body should be at least 1 chars long"},
	{"with a name that no Secret can have", ".name", "../erp", ".name in body should match '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$'"},
	{"with a name that is too long", ".name", text(254), ".name: Too long: may not be more than 253 bytes"},
}

const badAnnotation = ": Invalid value: each key must be a name like team, or one with a domain before it like cert-manager.io/cluster-issuer"

func notAHost(value string) string {
	return fmt.Sprintf(": Invalid value: %q: must be a host name in small letters like hooks.example.com: no IP address, no port, no wildcard", value)
}

func notAnAddress(value string) string {
	return fmt.Sprintf(": Invalid value: %q: must be host:port without scheme and credentials, like kafka-0.kafka.messaging:9092", value)
}

// edge is a value of a type that is accepted wherever it stands: it lies at the edge, or looks as if it were beyond.
type edge struct{ name, value string }

// edges are by type, too.
var edges = map[reflect.Type][]edge{
	reflect.TypeFor[Timeout](): {
		{"of the shortest time", "100ms"},
		{"of the longest time", "5m"},
		{"of several units and a fraction", "1m30.5s"},
	},
	reflect.TypeFor[HostPort](): {
		{"of one letter and the first port", "a:1"},
		{"inside the cluster, with the last port", "kafka-0.kafka.messaging.svc:65535"},
		{"of IPv4", "192.0.2.1:9092"},
		{"of IPv6", "'[2001:db8::1]:9092'"},
		{"of the greatest length", text(250) + ":65535"},
	},
	reflect.TypeFor[NATSURL](): {
		{"of nothing but a host", "nats://nats"},
		{"with TLS and a slash", "tls://nats.example.com:4222/"},
		{"of IPv6", "'nats://[2001:db8::1]:4222'"},
	},
	reflect.TypeFor[Hostname](): {
		{"of one letter", "a"},
		{"of digits and dashes", "1-2.3-4.example.com"},
		{"that only looks like an address", "192.0.2.256"},
		{"of the longest label", text(63) + ".example.com"},
		{"of the greatest length", text(63) + "." + text(63) + "." + text(63) + "." + text(61)},
	},
	reflect.TypeFor[Annotations](): {
		{"of which there is none", "{}"},
		{"with a key of every kind of mark", "{1.example.com/A-b_c.d: ''}"},
		{"with long values", "{a: " + text(4096) + ", b: '{\"c\": [1]}'}"},
	},
	reflect.TypeFor[SecretKey](): {
		{"of every kind of mark", ".token_1-A"},
		{"of the greatest length", text(253)},
	},
	reflect.TypeFor[SecretKeyReference](): {
		{"of a name with a digit and a dot", "{name: 1.erp, key: token}"},
		{"of a name of the greatest length", "{name: " + text(253) + ", key: token}"},
	},
	reflect.TypeFor[CertificateReference](): {
		{"of a name of the greatest length", "{name: " + text(253) + "}"},
	},
	reflect.TypeFor[TLS](): {
		{"that is null", "null"},
		{"of which nothing is said", "{}"},
		{"with authorities only", "{caRef: {name: ca, key: ca.crt}}"},
		{"with a client certificate only", "{clientCertificateRef: {name: client}}"},
	},
}
