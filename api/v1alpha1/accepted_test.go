// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// accepted lie at the edges of what is allowed, or look as if they were beyond.
var accepted = []struct {
	name    string
	changes []set
}{
	{"the least", nil},
	{"the longest name", []set{{"metadata.name", text(52)}}},
	{"a name of one letter", []set{{"metadata.name", "a"}}},
	{"sixteen sinks", []set{{"spec.sinks", list(16, "{name: s%d, http: {url: https://erp.example.com}}")}}},
	{"as many headers as there can be", []set{{"spec.sinks", list(16, "{name: s%d, http: {url: https://erp.example.com, headers: "+list(32, "{name: X-%d, value: "+text(2048)+"}")+"}}")}}},
	{"as many brokers as there can be", []set{{"spec.sinks", list(16, "{name: s%d, kafka: {topic: "+text(249)+", brokers: "+list(16, text(240)+"-%d:9092")+"}}")}}},
	{"as many servers as there can be", []set{{"spec.sinks", list(16, "{name: s%d, nats: {subject: "+text(256)+", urls: "+list(16, "nats://"+text(240)+"-%d:4222")+"}}")}}},
	{"a sink of a name that begins with a digit", []set{{"spec.sinks[0].name", "2nd"}}},
	{"a sink inside the cluster", []set{{"spec.sinks[0].http.url", "http://indexer.search.svc:8080/update?full=true"}}},
	{"a sink at an address of IPv6", []set{{"spec.sinks[0].http.url", "http://[2001:db8::1]:8080/"}}},
	{"a sink that wants some of the events", []set{{"spec.events", "[activity.created, activity.deleted]"}, {"spec.sinks[0].events", "[activity.deleted]"}}},
	{"a header of no value", []set{header("{name: X-A, value: ''}")}},
	{"a header with a tab and every mark of a name", []set{header("{name: \"-!#$%&'*+.^_|~\", value: \"a\\tb\"}")}},
	{"a header for authentication", []set{header("{name: Authorization, valueFrom: {secretKeyRef: {name: erp, key: .token_1-a}}}")}},
	{"a filter of the greatest length", []set{{"spec.sinks[0].filter", text(2048)}}},
	{"the least of credentials for tokens", []set{auth("{oauth2ClientCredentials: {tokenURL: 'http://login:8080/token', clientID: a, clientSecret: " + source + "}}")}},
	{"sixteen scopes", []set{oauth2("scopes", list(16, "https://graph.example.com/.default%d"))}},
	{"credentials next to a header for authentication", []set{auth("{bearer: " + source + "}"), header("{name: Authorization, value: a}")}},
	{"a user of basic authentication with every mark but one", []set{auth("{basic: {username: 'crm@example.com/\"ä', password: " + source + "}}")}},
	{"four keys to sign with", []set{signing("{keys: " + list(4, "{secretKeyRef: {name: erp, key: k%d}}") + "}")}},
	{"one key to sign with, twice", []set{signing("{keys: [" + source + ", " + source + "]}")}},

	{"the least of Kafka", []set{sink("kafka: " + kinds["kafka"].String())}},
	{"a topic with every mark of a name", []set{with("kafka", "topic", ".._-A.9")}},
	{"a login by PLAIN", []set{with("kafka", "sasl", "{mechanism: PLAIN, username: erp, password: "+source+"}")}},
	{"a login by SCRAM-SHA-256", []set{with("kafka", "sasl", "{mechanism: SCRAM-SHA-256, username: erp, password: "+source+"}")}},
	{"a login by SCRAM-SHA-512", []set{with("kafka", "sasl", "{mechanism: SCRAM-SHA-512, username: erp, password: "+source+"}")}},
	{"the least of NATS", []set{sink("nats: " + kinds["nats"].String())}},
	{"NATS at URLs of each form", []set{with("nats", "urls", "[nats://nats, tls://nats.example.com:4222/, nats://192.0.2.1:4222, 'nats://[2001:db8::1]:4222']")}},
	{"a subject of nothing but placeholders", []set{with("nats", "subject", "'{tenant}.{entity}.{event}'")}},
	{"a subject of placeholders within tokens", []set{with("nats", "subject", "'crm-{tenant}-{entity}.$1'")}},
	{"the least of RabbitMQ", []set{sink("rabbitMQ: " + kinds["rabbitMQ"].String())}},
	{"the default exchange", []set{with("rabbitMQ", "exchange", "''")}},
	{"a routing key of placeholders and all else", []set{with("rabbitMQ", "routingKey", "'{tenant} {entity}/{event}.*#'")}},
	{"a routing key of the greatest length", []set{with("rabbitMQ", "routingKey", text(200))}},
	{"the least of Redis", []set{sink("redis: " + kinds["redis"].String())}},
	{"a stream with any key", []set{with("redis", "stream", "'crm:{events} 1'")}},
	{"a stream that keeps one entry", []set{with("redis", "maxLength", "1")}},
	{"a stream that keeps more than fit into 32 bits", []set{with("redis", "maxLength", "4294967296")}},
	{"the first database", []set{with("redis", "database", "0")}},
	{"the last database", []set{with("redis", "database", "65535")}},
	{"the least of the log", []set{sink("log: " + kinds["log"].String())}},
	{"a log that hides everything", []set{with("log", "redact", "['*']")}},
	{"one kind, and all others null", []set{sink("log: {}, http: null, kafka: null, nats: null, rabbitMQ: null, redis: null")}},

	{"the strictest limits of attempts", []set{{"spec.sinks[0].delivery", "{concurrency: 1, rateLimit: {perSecond: 1}, retry: {maxAttempts: 1}}"}}},
	{"the loosest limits of attempts", []set{{"spec.sinks[0].delivery", "{concurrency: 256, rateLimit: {perSecond: 100000}, retry: {maxAttempts: 100000}}"}}},
	{"no order, said aloud", []set{{"spec.sinks[0].delivery.order", "None"}}},
	{"an order on a volume", []set{{"spec.sinks[0].delivery.order", "PerRecord"}, claim("{}")}},
	{"a volume of a class", []set{claim("{storageClassName: 1st.fast-ssd}")}},
	{"a volume that is null", []set{claim("null"), {"spec.receiver.replicas", "3"}}},
	{"one receiver on a volume, said aloud", []set{claim("{}"), {"spec.receiver.replicas", "1"}}},
	{"as many receivers as there can be, without a volume", []set{{"spec.receiver.replicas", "64"}}},
	{"associates that are not wanted", []set{{"spec.ignoreAssociates", list(64, "3720%d")}}},
	{"an associate whose id does not fit into 32 bits", []set{{"spec.ignoreAssociates", "[4294967296]"}}},

	{"the shortest times", []set{
		{"spec.sinks[0].http.timeout", "100ms"},
		{"spec.sinks[0].delivery.retry", "{maxAge: 1s, backoff: {initial: 10ms, max: 10ms}}"},
		{"spec.queue.retention.maxAge", "1m"},
	}},
	{"the longest times", []set{
		{"spec.sinks[0].http.timeout", "5m"},
		{"spec.sinks[0].delivery.retry", "{maxAge: 8760h, backoff: {initial: 1h, max: 24h}}"},
		{"spec.queue.retention.maxAge", "8760h"},
	}},
	{"times of several units and fractions", []set{{"spec.sinks[0].http.timeout", "1m30.5s"}, {"spec.queue.retention.maxAge", "100h30m"}}},
	{"the smallest queue", []set{{"spec.queue.embedded.storage.size", "16Mi"}}},
	{"the largest queue", []set{{"spec.queue.embedded.storage.size", "1Pi"}}},
	{"a queue of a size in bytes", []set{{"spec.queue.embedded.storage.size", "1073741824"}}},
	{"a queue of which only the age is given", []set{{"spec.queue", "{retention: {maxAge: 100h}}"}}},
	{"the least of a queue in JetStream", []set{inJetStream("urls: [nats://nats:4222]")}},
	{"a queue on as many servers as there can be", []set{inJetStream("replicas: 5, urls: " + list(16, "nats://"+text(240)+"-%d:4222")), {"spec.receiver.replicas", "64"}}},
	{"a queue with a login", []set{inJetStream("replicas: 1, urls: [tls://nats], tls: {}, auth: {username: erp, password: " + source + "}")}},
	{"requests that are the limits", []set{{"spec.receiver.resources", "{requests: {cpu: 1000m, memory: 1Gi}, limits: {cpu: 1, memory: 1024Mi}}"}}},
	{"requests without limits", []set{{"spec.receiver.resources", "{requests: {cpu: 1}}"}}},
	{"no requests and no limits", []set{{"spec.receiver.resources", "{}"}}},
	{"pods that end as soon as may be", []set{{"spec.receiver.shutdownDelay", "10s"}}},
	{"pods that take their time to end", []set{{"spec.receiver.shutdownDelay", "15m"}}},
	{"an autoscaler with the least said", []set{autoscaling("{maxReplicas: 2}")}},
	{"an autoscaler with all limits at their ends", []set{autoscaling("{minReplicas: 64, maxReplicas: 64, targetCPUUtilizationPercentage: 1000}")}},
	{"an autoscaler with anything as metrics and behavior", []set{autoscaling("{maxReplicas: 4, metrics: " + list(8, "{type: Pods, a: {b: %d}}") + ", behavior: {a: {b: [c]}}}")}},
	{"an autoscaler of somebody else with a number to begin with", []set{spec("receiver: {replicas: 3, autoscaling: {external: {}}}")}},
	{"an autoscaler by the CPU's limit", []set{spec("receiver: {resources: {limits: {cpu: 1}}, autoscaling: {maxReplicas: 4}}")}},
	{"an autoscaler by another metric only, without a request of CPU", []set{spec("receiver: {resources: {}, autoscaling: {maxReplicas: 4, metrics: [{type: Pods}]}}")}},
	{"a template of anything", []set{{"spec.receiver.podTemplate", "{metadata: {labels: {a: b}}, spec: {containers: [{name: a}], x: 1}}"}}},
	{"the least of a network policy", []set{{"spec.receiver.networkPolicy", "{}"}}},
	{"a network policy that lets nobody out", []set{{"spec.receiver.networkPolicy", "{egress: {}}"}}},
	{"a network policy with peers of every kind", []set{{"spec.receiver.networkPolicy", "{intake: {from: [{namespaceSelector: {}}]}, admin: {from: [{podSelector: {}}, {ipBlock: {cidr: '2001:db8::/32', except: ['2001:db8:1::/48']}}]}, egress: {to: []}}"}}},
	{"as many peers as there can be", []set{{"spec.receiver.networkPolicy", "{intake: {from: " + list(32, "{ipBlock: {cidr: 192.0.2.%d/32}}") + "}, admin: {from: " + list(32, "{ipBlock: {cidr: 192.0.2.%d/32}}") + "}, egress: {to: " + list(32, "{ipBlock: {cidr: 192.0.2.%d/32}}") + "}}"}}},
	{"a Service as a target", []set{ref("{name: erp}")}},
	{"a Service with a port by name", []set{ref("{apiVersion: v1, kind: Service, name: erp, port: http-alt, uri: '/a/b?c=d'}")}},
	{"a Service with a port by number", []set{ref("{name: erp, port: 65535}")}},
	{"an addressable as a target", []set{ref("{apiVersion: eventing.knative.dev/v1beta2, kind: Broker, name: erp.v2, uri: /}")}},
	{"an image with secrets", []set{{"spec.receiver.imagePullSecrets", list(16, "{name: a.%d}")}}},
	{"a pool", []set{{"spec.receiver.pool", "edge"}}},
	{"a pool with the longest name", []set{{"spec.receiver.pool", text(52)}}},
	{"a pool with the default path", []set{{"spec.receiver.pool", "edge"}, {"spec.exposure.path", "/webhook"}}},
	{"a pool and a queue in a cluster", []set{{"spec.receiver.pool", "edge"}, {"spec.queue", "{jetStream: {urls: [nats://nats:4222]}}"}}},
	{"a pool and all that shapes its pods", []set{{"spec.receiver", "{pool: edge, replicas: 3, image: a, imagePullSecrets: [{name: a}], podTemplate: {}, networkPolicy: {egress: {}}, tracing: {endpoint: 'http://otel:4318'}}"}}},
	{"the root as path", []set{{"spec.exposure.path", "/"}}},
	{"a path with a slash at its end and dots in a name", []set{{"spec.exposure.path", "/a/..b/c.d/"}}},
	{"a Service with nothing said", []set{exposure("service: {}")}},
	{"a Service on the nodes", []set{exposure("service: {type: NodePort}")}},
	{"a Service of two families", []set{exposure("service: {ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4]}")}},
	{"a Service of two families, and no policy", []set{exposure("service: {ipFamilies: [IPv4, IPv6]}")}},
	{"a load balancer of a class with a domain", []set{exposure("service: {type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb}")}},
	{"a load balancer that is tried", []set{exposure("service: {type: LoadBalancer}, probe: {}")}},
	{"the least of an Ingress", []set{exposure("ingress: {host: hooks.example.com}")}},
	{"an Ingress, and a route that is null", []set{exposure("ingress: {host: hooks.example.com}, gateway: null")}},
	{"an Ingress and a load balancer", []set{exposure("ingress: {host: hooks.example.com}, service: {type: LoadBalancer}")}},
	{"the least of a route", []set{exposure("gateway: " + oneGateway)}},
	{"a route to two sections of a Gateway", []set{exposure("gateway: {hostnames: [a], parentRefs: [{name: g, sectionName: a}, {name: g, sectionName: b}]}")}},
	{"a route to Gateways of one name in two namespaces", []set{exposure("gateway: {hostnames: [a], parentRefs: [{name: g}, {name: g, namespace: infra}]}")}},
	{"as much of a route as there can be", []set{exposure("gateway: {hostnames: " + list(16, text(63)+"."+text(63)+"."+text(63)+".h%d") + ", parentRefs: " + list(8, "{name: "+text(250)+"%d, namespace: "+text(63)+", sectionName: "+text(253)+", port: 65535}") + "}")}},
	{"the most frequent probe", []set{exposure("ingress: {host: a}, probe: {interval: 10s}")}},
	{"the rarest probe", []set{exposure("ingress: {host: a}, probe: {interval: 24h}")}},
	{"a certificate with the shortest name", []set{{"spec.exposure.tls", "{secretName: a}"}}},
	{"a certificate that is null", []set{{"spec.exposure.tls", "null"}}},
	{"traces of all events", []set{{"spec.receiver.tracing", "{endpoint: 'http://otel-collector.observability:4318'}"}}},
	{"traces of no event, below a path", []set{{"spec.receiver.tracing", "{endpoint: 'https://[2001:db8::1]/otlp/', samplingRatePerMillion: 0}"}}},
	{"fields that are null, as if they were not there", []set{{"spec.receiver", "null"}, {"spec.tenants", "null"}, {"spec.queue.embedded", "null"}, {"spec.sinks[0].delivery", "null"}}},
}

func TestAccepted(t *testing.T) {
	needsServer(t)
	try := func(t *testing.T, o object) {
		t.Helper()
		if err := server.Create(t.Context(), o, client.DryRunAll, client.FieldValidation("Strict")); err != nil {
			t.Error(err)
		}
	}
	for _, c := range accepted {
		t.Run(c.name, func(t *testing.T) { try(t, webhook(t, c.changes...)) })
	}
	for _, p := range places(t) {
		for _, e := range edges[p.holds] {
			t.Run(p.path+" "+e.name, func(t *testing.T) { try(t, changed(t, p.resource, set{p.path, e.value})) })
		}
	}
	for file, sample := range samples(t) {
		t.Run("the sample "+file, func(t *testing.T) {
			sample.SetNamespace(namespace)
			try(t, sample)
		})
	}
}
