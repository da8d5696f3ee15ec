// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// refusedTargets are sinks with references that are wrong.
var refusedTargets = []refusal{
	{"an HTTP sink that is nowhere", set{"spec.sinks[0].http", "{}"}, "spec.sinks[0].http: Invalid value: exactly one of url and ref must be set"},
	{"an HTTP sink in two places", set{"spec.sinks[0].http", "{url: 'https://erp.example.com', ref: {name: erp}}"}, "spec.sinks[0].http: Invalid value: exactly one of url and ref must be set"},
	{"a target without a name", ref("{}"), "spec.sinks[0].http.ref.name: Required value"},
	{"a target with an empty name", ref("{name: ''}"), "spec.sinks[0].http.ref.name in body should be at least 1 chars long"},
	{"a target with a name that no object can have", ref("{name: ../erp}"), "spec.sinks[0].http.ref.name in body should match"},
	{"a target with a name that is too long", ref("{name: " + text(254) + "}"), "spec.sinks[0].http.ref.name: Too long"},
	{"a target in another namespace", ref("{name: erp, namespace: crm}"), `unknown field "spec.sinks[0].http.ref.namespace"`},
	{"a target of an API that cannot be", ref("{apiVersion: knative, kind: Broker, name: erp}"), "spec.sinks[0].http.ref: Invalid value: must be a Service (apiVersion: v1, kind: Service), or an addressable object"},
	{"a target of an API with too long a name", ref("{apiVersion: " + text(257) + ", kind: Broker, name: erp}"), "spec.sinks[0].http.ref.apiVersion: Too long"},
	{"a target of a kind that cannot be", ref("{kind: services, name: erp}"), "spec.sinks[0].http.ref.kind in body should match"},
	{"a target of a kind with too long a name", ref("{kind: A" + text(63) + ", name: erp}"), "spec.sinks[0].http.ref.kind: Too long"},
	{"a Secret as a target", ref("{kind: Secret, name: erp}"), "must be a Service (apiVersion: v1, kind: Service)"},
	{"a Deployment as a target", ref("{apiVersion: apps/v1, kind: Deployment, name: erp}"), "must be a Service (apiVersion: v1, kind: Service)"},
	{"an Ingress as a target", ref("{apiVersion: networking.k8s.io/v1, kind: Ingress, name: erp}"), "must be a Service (apiVersion: v1, kind: Service)"},
	{"a port of what has none", ref("{apiVersion: eventing.knative.dev/v1, kind: Broker, name: erp, port: 80}"), "spec.sinks[0].http.ref: Invalid value: port: only a Service has ports"},
	{"a port of zero", ref("{name: erp, port: 0}"), "spec.sinks[0].http.ref.port: Invalid value: 0: must be a number from 1 to 65535 or the name of a port, like 8080 or http"},
	{"a port that does not exist", ref("{name: erp, port: 65536}"), "must be a number from 1 to 65535 or the name of a port"},
	{"a relative path", ref("{name: erp, uri: hooks}"), `spec.sinks[0].http.ref.uri: Invalid value: "hooks": must be an absolute path, like /hooks/superoffice, without a host`},
	{"another host", ref("{name: erp, uri: //evil.example.com/}"), "must be an absolute path, like /hooks/superoffice, without a host"},
	{"a whole URL as path", ref("{name: erp, uri: 'https://evil.example.com/'}"), "must be an absolute path, like /hooks/superoffice, without a host"},
	{"a path that is too long", ref("{name: erp, uri: /" + text(2048) + "}"), "spec.sinks[0].http.ref.uri: Too long"},
}

// ref makes the sink one with a reference.
func ref(value string) set { return set{"spec.sinks[0].http", "{ref: " + value + "}"} }
