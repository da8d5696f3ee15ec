// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// refused are resources that the API server does not take, and what it says about each: at which field, and what to do.
var refused = []struct {
	name    string
	change  set
	message string
}{
	{"a name that is too long", set{"metadata.name", text(53)}, "metadata.name: at most 52 characters, because the names of the receiver's objects are made from it"},
	{"a name with a dot", set{"metadata.name", "crm.v2"}, "metadata.name: lower-case letters, digits and '-', starting with a letter"},
	{"a name that begins with a digit", set{"metadata.name", "2crm"}, "metadata.name: lower-case letters, digits and '-', starting with a letter"},
	{"no spec", set{"spec", "null"}, "spec: Required value"},
	{"an empty spec", set{"spec", "{}"}, "spec.secret: Required value, spec.sinks: Required value"},
	{"a misspelt field", set{"spec.sinks[0].http.timout", "10s"}, `unknown field "spec.sinks[0].http.timout"`},
	{"a word for suspend", set{"spec.suspend", "'yes'"}, `spec.suspend in body must be of type boolean`},

	{"no name of the Secret", set{"spec.secret", "{}"}, "spec.secret.name: Required value"},
	{"an empty name of the Secret", set{"spec.secret.name", "''"}, "spec.secret.name in body should be at least 1 chars long"},
	{"a name that no Secret can have", set{"spec.secret.name", "CRM/webhook"}, "spec.secret.name in body should match '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$'"},
	{"a name of the Secret that is too long", set{"spec.secret.name", text(254)}, "spec.secret.name: Too long: may not be more than 253 bytes"},
	{"a key that no Secret can have", set{"spec.secret.key", "a/b"}, "spec.secret.key in body should match '^[-._a-zA-Z0-9]+$'"},
	{"a key that is a folder", set{"spec.secret.key", ".."}, `spec.secret.key: Invalid value: "..": must not be '.' or start with '..': no Secret can have such a key`},
	{"an empty key", set{"spec.secret.key", "''"}, "spec.secret.key in body should be at least 1 chars long"},
	{"a key that is too long", set{"spec.secret.key", text(254)}, "spec.secret.key: Too long: may not be more than 253 bytes"},
	{"a previous key that no Secret can have", set{"spec.secret.previousKey", "a/b"}, "spec.secret.previousKey in body should match '^[-._a-zA-Z0-9]+$'"},
	{"a previous key that is a folder", set{"spec.secret.previousKey", "."}, `spec.secret.previousKey: Invalid value: ".": must not be '.' or start with '..'`},
	{"an empty previous key", set{"spec.secret.previousKey", "''"}, "spec.secret.previousKey in body should be at least 1 chars long"},
	{"a previous key that is too long", set{"spec.secret.previousKey", text(254)}, "spec.secret.previousKey: Too long"},

	{"an empty tenant", set{"spec.tenants", "['']"}, "spec.tenants[0] in body should be at least 1 chars long"},
	{"a tenant that is too long", set{"spec.tenants", "[" + text(65) + "]"}, "spec.tenants[0]: Too long: may not be more than 64 bytes"},
	{"a tenant twice", set{"spec.tenants", "[Cust1, Cust1]"}, `spec.tenants[1]: Duplicate value: "Cust1"`},
	{"too many tenants", set{"spec.tenants", list(65, "Cust%d")}, "spec.tenants: Too many: 65: must have at most 64 items"},

	{"an event that is not one of an activity", set{"spec.events", "[contact.created]"}, `spec.events[0]: Unsupported value: "contact.created": supported values: "activity.created", "activity.changed", "activity.deleted"`},
	{"no events", set{"spec.events", "[]"}, "spec.events in body should have at least 1 items"},
	{"an event twice", set{"spec.events", "[activity.created, activity.created]"}, `spec.events[1]: Duplicate value: "activity.created"`},
	{"too many events", set{"spec.events", list(4, "e%d")}, "spec.events: Too many: 4: must have at most 3 items"},

	{"no sinks", set{"spec.sinks", "[]"}, "spec.sinks in body should have at least 1 items"},
	{"too many sinks", set{"spec.sinks", list(17, "{name: s%d, http: {url: https://erp.example.com}}")}, "spec.sinks: Too many: 17: must have at most 16 items"},
	{"two sinks of one name", set{"spec.sinks", list(2, "{name: erp, http: {url: https://erp.example.com/%d}}")}, `spec.sinks[1]: Duplicate value: {"name":"erp"}`},
	{"a sink without a name", set{"spec.sinks", "[{http: {url: https://erp.example.com}}]"}, "spec.sinks[0].name: Required value"},
	{"a sink with an empty name", set{"spec.sinks[0].name", "''"}, "spec.sinks[0].name in body should be at least 1 chars long"},
	{"a sink with a bad name", set{"spec.sinks[0].name", "ERP"}, "spec.sinks[0].name in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'"},
	{"a sink with a name that is too long", set{"spec.sinks[0].name", text(64)}, "spec.sinks[0].name: Too long: may not be more than 63 bytes"},
	{"a sink of no kind", set{"spec.sinks[0]", "{name: erp}"}, "spec.sinks[0]: Invalid value: exactly one kind of sink must be set: http"},
	{"a sink that wants no event", set{"spec.sinks[0].events", "[]"}, "spec.sinks[0].events in body should have at least 1 items"},
	{"a sink that wants an event twice", set{"spec.sinks[0].events", "[activity.created, activity.created]"}, `spec.sinks[0].events[1]: Duplicate value: "activity.created"`},
	{"a sink that wants too many events", set{"spec.sinks[0].events", list(4, "e%d")}, "spec.sinks[0].events: Too many: 4: must have at most 3 items"},
	{"a sink that wants an unknown event", set{"spec.sinks[0].events", "[sale.sold]"}, `spec.sinks[0].events[0]: Unsupported value: "sale.sold"`},
	{"a sink that wants an event that is not accepted", set{"spec", `{secret: {name: s}, events: [activity.created], sinks: [{name: erp, events: [activity.deleted], http: {url: https://erp.example.com}}]}`}, "spec.sinks[].events: each must also be in spec.events, else the receiver would never accept it"},
	{"an unknown format", set{"spec.sinks[0].format", "JSON"}, `spec.sinks[0].format: Unsupported value: "JSON": supported values: "Raw", "CloudEventsBinary", "CloudEventsStructured"`},

	{"no URL", set{"spec.sinks[0].http", "{}"}, "spec.sinks[0].http.url: Required value"},
	{"what is not a URL", set{"spec.sinks[0].http.url", "erp.example.com"}, `spec.sinks[0].http.url: Invalid value: "erp.example.com": must be an absolute http or https URL, like https://erp.example.com/hooks`},
	{"a URL of another kind", set{"spec.sinks[0].http.url", "ftp://erp.example.com"}, "must be an absolute http or https URL"},
	{"a URL without a host", set{"spec.sinks[0].http.url", "https:///hooks"}, "must be an absolute http or https URL"},
	{"a URL with nothing but a port", set{"spec.sinks[0].http.url", "https://:8443/hooks"}, "must be an absolute http or https URL"},
	{"a URL with credentials", set{"spec.sinks[0].http.url", "https://me:pass@erp.example.com"}, "must not contain '@': credentials do not belong into a URL; use headers[].valueFrom.secretKeyRef"},
	{"a URL that is too long", set{"spec.sinks[0].http.url", "https://erp.example.com/" + text(2048)}, "spec.sinks[0].http.url: Too long: may not be more than 2048 bytes"},
	{"a timeout in words", set{"spec.sinks[0].http.timeout", "10 seconds"}, `spec.sinks[0].http.timeout: Invalid value: "10 seconds": must be a duration between 100ms and 5m, like 10s or 1m30s`},
	{"a timeout without a unit", set{"spec.sinks[0].http.timeout", "'10'"}, `"10": must be a duration between 100ms and 5m, like 10s or 1m30s`},
	{"a timeout that is a number", set{"spec.sinks[0].http.timeout", "10"}, "spec.sinks[0].http.timeout in body must be of type string"},
	{"a timeout that is too short", set{"spec.sinks[0].http.timeout", "99ms"}, `"99ms": must be a duration between 100ms and 5m`},
	{"a timeout in too many words", set{"spec.sinks[0].http.timeout", strings.Repeat("1ms", 11)}, "spec.sinks[0].http.timeout: Too long: may not be more than 32 bytes"},

	{"a header with value and source", header("{name: X-A, value: a, valueFrom: {secretKeyRef: {name: s, key: k}}}"), "spec.sinks[0].http.headers[0]: Invalid value: exactly one of value and valueFrom must be set"},
	{"a header without a value", header("{name: X-A}"), "spec.sinks[0].http.headers[0]: Invalid value: exactly one of value and valueFrom must be set"},
	{"a header without a name", header("{value: a}"), "spec.sinks[0].http.headers[0].name: Required value"},
	{"a header with an empty name", header("{name: '', value: a}"), "spec.sinks[0].http.headers[0].name in body should be at least 1 chars long"},
	{"a header with a space in its name", header("{name: X A, value: a}"), "spec.sinks[0].http.headers[0].name in body should match '^[-!#$%&'*+.^_|~0-9A-Za-z]+$'"},
	{"a header with a name that is too long", header("{name: " + text(129) + ", value: a}"), "spec.sinks[0].http.headers[0].name: Too long: may not be more than 128 bytes"},
	{"a header of the connection", header("{name: host, value: a}"), `spec.sinks[0].http.headers[0].name: Invalid value: "host": must not be a header of the connection (Host, Content-Length, Transfer-Encoding, Connection, …)`},
	{"a header with a line break", header(`{name: X-A, value: "a\nX-B: b"}`), `spec.sinks[0].http.headers[0].value: Invalid value: "a\nX-B: b": must be printable ASCII characters, without line breaks`},
	{"a header with a value that is too long", header("{name: X-A, value: " + text(4097) + "}"), "spec.sinks[0].http.headers[0].value: Too long: may not be more than 4096 bytes"},
	{"a header twice", header("{name: X-A, value: a}, {name: X-A, value: b}"), `spec.sinks[0].http.headers[1]: Duplicate value: {"name":"X-A"}`},
	{"too many headers", set{"spec.sinks[0].http.headers", list(33, "{name: X-%d, value: a}")}, "spec.sinks[0].http.headers: Too many: 33: must have at most 32 items"},
	{"a header from nowhere", header("{name: X-A, valueFrom: {}}"), "spec.sinks[0].http.headers[0].valueFrom.secretKeyRef: Required value"},
	{"a header from half a reference", header("{name: X-A, valueFrom: {secretKeyRef: {}}}"), "valueFrom.secretKeyRef.key: Required value, spec.sinks[0].http.headers[0].valueFrom.secretKeyRef.name: Required value"},
	{"a header from a nameless Secret", header("{name: X-A, valueFrom: {secretKeyRef: {name: '', key: ''}}}"), "valueFrom.secretKeyRef.name in body should be at least 1 chars long"},
	{"a header from a Secret of a name that none can have", header("{name: X-A, valueFrom: {secretKeyRef: {name: ../erp, key: k}}}"), "valueFrom.secretKeyRef.name in body should match '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$'"},
	{"a header from a Secret with too long a name", header("{name: X-A, valueFrom: {secretKeyRef: {name: " + text(254) + ", key: " + text(254) + "}}}"), "valueFrom.secretKeyRef.name: Too long"},
	{"a header from a key that no Secret can have", header("{name: X-A, valueFrom: {secretKeyRef: {name: s, key: a b}}}"), "valueFrom.secretKeyRef.key in body should match '^[-._a-zA-Z0-9]+$'"},
	{"a header from a key that is a folder", header("{name: X-A, valueFrom: {secretKeyRef: {name: s, key: ..}}}"), "valueFrom.secretKeyRef.key: Invalid value: \"..\": must not be '.' or start with '..'"},

	{"no attempt at a time", set{"spec.sinks[0].delivery.concurrency", "0"}, "spec.sinks[0].delivery.concurrency in body should be greater than or equal to 1"},
	{"too many attempts at a time", set{"spec.sinks[0].delivery.concurrency", "257"}, "spec.sinks[0].delivery.concurrency in body should be less than or equal to 256"},
	{"retries for days in words", set{"spec.sinks[0].delivery.retry.maxAge", "3 days"}, `spec.sinks[0].delivery.retry.maxAge: Invalid value: "3 days": must be a duration between 1s and 8760h, like 30m or 72h`},
	{"retries for no time", set{"spec.sinks[0].delivery.retry.maxAge", "0s"}, `"0s": must be a duration between 1s and 8760h`},
	{"retries for a time in too many words", set{"spec.sinks[0].delivery.retry.maxAge", strings.Repeat("1ms", 11)}, "spec.sinks[0].delivery.retry.maxAge: Too long"},
	{"retries for longer than events are kept", set{"spec.sinks[0].delivery.retry.maxAge", "169h"}, "spec.sinks[].delivery.retry.maxAge (72h where it is not given): at most spec.queue.retention.maxAge, so that an event is dead-lettered before the queue lets go of it"},
	{"events kept for less than the retries of all sinks", set{"spec.queue.retention.maxAge", "24h"}, "spec.sinks[].delivery.retry.maxAge (72h where it is not given): at most spec.queue.retention.maxAge"},
	{"a first pause in words", backoff("{initial: a second}"), `spec.sinks[0].delivery.retry.backoff.initial: Invalid value: "a second": must be a duration between 10ms and 1h, like 500ms or 1s`},
	{"a first pause that is too short", backoff("{initial: 1ms}"), `"1ms": must be a duration between 10ms and 1h`},
	{"a first pause in too many words", backoff("{initial: " + strings.Repeat("1ms", 11) + "}"), "spec.sinks[0].delivery.retry.backoff.initial: Too long"},
	{"a longest pause in days", backoff("{max: 1d}"), `spec.sinks[0].delivery.retry.backoff.max: Invalid value: "1d": must be a duration between 10ms and 24h, like 10m or 1h30m`},
	{"a longest pause that is too long", backoff("{max: 25h}"), `"25h": must be a duration between 10ms and 24h`},
	{"a longest pause in too many words", backoff("{max: " + strings.Repeat("1ms", 11) + "}"), "spec.sinks[0].delivery.retry.backoff.max: Too long"},
	{"a first pause longer than the longest", backoff("{initial: 20m}"), "spec.sinks[0].delivery.retry.backoff: Invalid value: initial must not be longer than max, which is 10m where it is not given"},

	{"a queue for a week in words", set{"spec.queue.retention.maxAge", "7d"}, `spec.queue.retention.maxAge: Invalid value: "7d": must be a duration between 1m and 8760h, like 24h or 168h`},
	{"a queue for longer than a year", set{"spec.queue.retention.maxAge", "8761h"}, `"8761h": must be a duration between 1m and 8760h`},
	{"a queue for a time in too many words", set{"spec.queue.retention.maxAge", strings.Repeat("1ms", 11)}, "spec.queue.retention.maxAge: Too long"},
	{"a queue that holds next to nothing", set{"spec.queue.embedded.storage.size", "15Mi"}, `spec.queue.embedded.storage.size: Invalid value: "15Mi": must be an amount of bytes between 16Mi and 1Pi, like 1Gi`},
	{"a queue larger than any disk", set{"spec.queue.embedded.storage.size", "4Ei"}, `spec.queue.embedded.storage.size: Invalid value: "4Ei": must be an amount of bytes between 16Mi and 1Pi, like 1Gi`},
	{"a queue of a size in words", set{"spec.queue.embedded.storage.size", "1 GB"}, `spec.queue.embedded.storage.size: Invalid value: "1 GB": must be an amount of bytes between 16Mi and 1Pi, like 1Gi`},

	{"no receiver", set{"spec.receiver.replicas", "0"}, "spec.receiver.replicas in body should be greater than or equal to 1"},
	{"too many receivers", set{"spec.receiver.replicas", "65"}, "spec.receiver.replicas in body should be less than or equal to 64"},
	{"an empty image", set{"spec.receiver.image", "''"}, "spec.receiver.image in body should be at least 1 chars long"},
	{"an image that is too long", set{"spec.receiver.image", text(513)}, "spec.receiver.image: Too long: may not be more than 512 bytes"},
	{"requests above the limits", set{"spec.receiver.resources", "{requests: {memory: 2Gi}, limits: {memory: 1Gi}}"}, "spec.receiver.resources: Invalid value: no request may be larger than its limit"},
	{"a request in words", set{"spec.receiver.resources", "{requests: {memory: lots}}"}, "spec.receiver.resources.requests.memory in body should match"},
	{"a limit in words", set{"spec.receiver.resources", "{limits: {memory: lots}}"}, "spec.receiver.resources.limits.memory in body should match"},
	{"too many requests", set{"spec.receiver.resources", "{requests: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}}"}, "spec.receiver.resources.requests: Too many: 7: must have at most 6 items"},
	{"too many limits", set{"spec.receiver.resources", "{limits: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}}"}, "spec.receiver.resources.limits: Too many: 7: must have at most 6 items"},

	{"a path without its slash", set{"spec.exposure.path", "webhook"}, `spec.exposure.path: Invalid value: "webhook": must be a clean path like /webhook: '/' first, and no '//', '/./' or '/../'`},
	{"a path with a double slash", set{"spec.exposure.path", "/a//b"}, `spec.exposure.path: Invalid value: "/a//b": must be a clean path like /webhook`},
	{"a path that goes up", set{"spec.exposure.path", "/a/.."}, `"/a/..": must be a clean path like /webhook`},
	{"a path with a space", set{"spec.exposure.path", "/web hook"}, "spec.exposure.path in body should match '^/[-._~A-Za-z0-9/]*$'"},
	{"a path that is too long", set{"spec.exposure.path", "/" + text(256)}, "spec.exposure.path: Too long: may not be more than 256 bytes"},
}

func TestRefused(t *testing.T) {
	needsServer(t)
	var causes []metav1.StatusCause
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			err := server.Create(t.Context(), webhook(t, c.change), client.DryRunAll, client.FieldValidation("Strict"))
			if err == nil {
				t.Fatal("it is accepted")
			}
			if !strings.Contains(err.Error(), c.message) {
				t.Errorf("got  %v\nwant …%s…", err, c.message)
			}
			var status apierrors.APIStatus
			if errors.As(err, &status) && status.Status().Details != nil {
				causes = append(causes, status.Status().Details.Causes...)
			}
		})
	}
	t.Run("has a case for each limit of the schema", func(t *testing.T) {
		d, err := readDefinition()
		if err != nil {
			t.Fatal(err)
		}
		met := metBy(causes)
		for _, l := range limitsOf("", *d.Spec.Versions[0].Schema.OpenAPIV3Schema) {
			if !met(l) {
				t.Errorf("no resource is refused for %q at %q", l.says, l.field)
			}
		}
	})
}

// text is so many letters.
func text(length int) string { return strings.Repeat("a", length) }

// list is so many items, each with its number.
func list(length int, item string) string {
	items := make([]string, length)
	for i := range items {
		items[i] = strings.Replace(item, "%d", fmt.Sprint(i), 1)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func header(items string) set { return set{"spec.sinks[0].http.headers", "[" + items + "]"} }

func backoff(value string) set { return set{"spec.sinks[0].delivery.retry.backoff", value} }
