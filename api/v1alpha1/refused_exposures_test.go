// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// refusedExposures are wrong in how SuperOffice is to reach the receiver.
var refusedExposures = []refusal{
	{"a path without its slash", set{"spec.exposure.path", "webhook"}, `spec.exposure.path: Invalid value: "webhook": must be a clean path like /webhook: '/' first, and no '//', '/./' or '/../'`},
	{"a path with a double slash", set{"spec.exposure.path", "/a//b"}, `spec.exposure.path: Invalid value: "/a//b": must be a clean path like /webhook`},
	{"a path that goes up", set{"spec.exposure.path", "/a/.."}, `"/a/..": must be a clean path like /webhook`},
	{"a path with a space", set{"spec.exposure.path", "/web hook"}, "spec.exposure.path in body should match '^/[-._~A-Za-z0-9/]*$'"},
	{"a path that is too long", set{"spec.exposure.path", "/" + text(256)}, "spec.exposure.path: Too long: may not be more than 256 bytes"},

	{"an Ingress and a route", exposure("ingress: {host: hooks.example.com}, gateway: " + oneGateway), "spec.exposure: Invalid value: at most one of ingress and gateway can be set"},
	{"a probe of a Service inside the cluster", exposure("probe: {}"), "spec.exposure: Invalid value: probe needs ingress, gateway or service.type LoadBalancer: without them no URL outside of the cluster is known"},
	{"a probe of a Service on the nodes", exposure("probe: {}, service: {type: NodePort}"), "spec.exposure: Invalid value: probe needs ingress, gateway or service.type LoadBalancer"},
	{"a probe each second", exposure("ingress: {host: a}, probe: {interval: 9s}"), `spec.exposure.probe.interval: Invalid value: "9s": must be a duration between 10s and 24h, like 5m`},
	{"a probe each week", exposure("ingress: {host: a}, probe: {interval: 25h}"), `spec.exposure.probe.interval: Invalid value: "25h": must be a duration between 10s and 24h, like 5m`},

	{"a Service by a name of the DNS", exposure("service: {type: ExternalName}"), `spec.exposure.service.type: Unsupported value: "ExternalName": supported values: "ClusterIP", "NodePort", "LoadBalancer"`},
	{"a class of load balancers without one", exposure("service: {loadBalancerClass: example.com/internet}"), "spec.exposure.service: Invalid value: loadBalancerClass needs type LoadBalancer"},
	{"a class of load balancers that cannot be", exposure("service: {type: LoadBalancer, loadBalancerClass: the best}"), "spec.exposure.service.loadBalancerClass in body should match"},
	{"a class of load balancers of too long a name", exposure("service: {type: LoadBalancer, loadBalancerClass: " + text(254) + "}"), "spec.exposure.service.loadBalancerClass: Too long: may not be more than 253 bytes"},
	{"two families in a single stack", exposure("service: {ipFamilyPolicy: SingleStack, ipFamilies: [IPv4, IPv6]}"), "spec.exposure.service: Invalid value: two ipFamilies need the ipFamilyPolicy PreferDualStack or RequireDualStack"},
	{"a policy of families that there is not", exposure("service: {ipFamilyPolicy: DualStack}"), `spec.exposure.service.ipFamilyPolicy: Unsupported value: "DualStack"`},
	{"a family that there is not", exposure("service: {ipFamilies: [IPv5]}"), `spec.exposure.service.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"`},
	{"no family", exposure("service: {ipFamilies: []}"), "spec.exposure.service.ipFamilies in body should have at least 1 items"},
	{"a family twice", exposure("service: {ipFamilies: [IPv6, IPv6]}"), `spec.exposure.service.ipFamilies[1]: Duplicate value: "IPv6"`},
	{"three families", exposure("service: {ipFamilies: [IPv4, IPv6, IPv4]}"), "spec.exposure.service.ipFamilies: Too many: 3: must have at most 2 items"},

	{"an Ingress for no host", exposure("ingress: {}"), "spec.exposure.ingress.host: Required value"},
	{"an Ingress of a class without a name", exposure("ingress: {host: a, className: ''}"), "spec.exposure.ingress.className in body should be at least 1 chars long"},
	{"an Ingress of a class that cannot be", exposure("ingress: {host: a, className: My Class}"), "spec.exposure.ingress.className in body should match"},
	{"an Ingress of a class of too long a name", exposure("ingress: {host: a, className: " + text(254) + "}"), "spec.exposure.ingress.className: Too long: may not be more than 253 bytes"},
	{"a certificate in no Secret", exposure("ingress: {host: a, tlsSecretName: ''}"), "spec.exposure.ingress.tlsSecretName in body should be at least 1 chars long"},
	{"a certificate in another namespace", exposure("ingress: {host: a, tlsSecretName: infra/tls}"), "spec.exposure.ingress.tlsSecretName in body should match"},
	{"a certificate in a Secret of too long a name", exposure("ingress: {host: a, tlsSecretName: " + text(254) + "}"), "spec.exposure.ingress.tlsSecretName: Too long: may not be more than 253 bytes"},

	{"a route to nowhere", exposure("gateway: {hostnames: [a]}"), "spec.exposure.gateway.parentRefs: Required value"},
	{"a route to no Gateway", exposure("gateway: {parentRefs: [], hostnames: [a]}"), "spec.exposure.gateway.parentRefs in body should have at least 1 items"},
	{"a route to too many Gateways", exposure("gateway: {hostnames: [a], parentRefs: " + list(9, "{name: g%d}") + "}"), "spec.exposure.gateway.parentRefs: Too many: 9: must have at most 8 items"},
	{"a route to one Gateway twice", exposure("gateway: {hostnames: [a], parentRefs: [{name: g}, {name: g, sectionName: https}]}"), "spec.exposure.gateway.parentRefs: Invalid value: each must be another Gateway, or name another section of it"},
	{"a route to one section twice", exposure("gateway: {hostnames: [a], parentRefs: [{name: g, sectionName: https}, {name: g, sectionName: https}]}"), "spec.exposure.gateway.parentRefs: Invalid value: each must be another Gateway, or name another section of it"},
	{"a route to a Gateway without a name", exposure("gateway: {hostnames: [a], parentRefs: [{}]}"), "spec.exposure.gateway.parentRefs[0].name: Required value"},
	{"a route to a Gateway with an empty name", parent("name: ''"), "spec.exposure.gateway.parentRefs[0].name in body should be at least 1 chars long"},
	{"a route to a Gateway of a name that cannot be", parent("name: infra/public"), "spec.exposure.gateway.parentRefs[0].name in body should match"},
	{"a route to a Gateway of too long a name", parent("name: " + text(254)), "spec.exposure.gateway.parentRefs[0].name: Too long: may not be more than 253 bytes"},
	{"a route to a namespace without a name", parent("name: g, namespace: ''"), "spec.exposure.gateway.parentRefs[0].namespace in body should be at least 1 chars long"},
	{"a route to a namespace that cannot be", parent("name: g, namespace: in.fra"), "spec.exposure.gateway.parentRefs[0].namespace in body should match"},
	{"a route to a namespace of too long a name", parent("name: g, namespace: " + text(64)), "spec.exposure.gateway.parentRefs[0].namespace: Too long: may not be more than 63 bytes"},
	{"a route to a section without a name", parent("name: g, sectionName: ''"), "spec.exposure.gateway.parentRefs[0].sectionName in body should be at least 1 chars long"},
	{"a route to a section that cannot be", parent("name: g, sectionName: HTTPS"), "spec.exposure.gateway.parentRefs[0].sectionName in body should match"},
	{"a route to a section of too long a name", parent("name: g, sectionName: " + text(254)), "spec.exposure.gateway.parentRefs[0].sectionName: Too long: may not be more than 253 bytes"},
	{"a route to no port", parent("name: g, port: 0"), "spec.exposure.gateway.parentRefs[0].port in body should be greater than or equal to 1"},
	{"a route to a port that there is not", parent("name: g, port: 65536"), "spec.exposure.gateway.parentRefs[0].port in body should be less than or equal to 65535"},
	{"a route for nobody", exposure("gateway: {parentRefs: [{name: g}]}"), "spec.exposure.gateway.hostnames: Required value"},
	{"a route for no host", exposure("gateway: {parentRefs: [{name: g}], hostnames: []}"), "spec.exposure.gateway.hostnames in body should have at least 1 items"},
	{"a route for a host twice", exposure("gateway: {parentRefs: [{name: g}], hostnames: [a, a]}"), `spec.exposure.gateway.hostnames[1]: Duplicate value: "a"`},
	{"a route for too many hosts", exposure("gateway: {parentRefs: [{name: g}], hostnames: " + list(17, "h%d") + "}"), "spec.exposure.gateway.hostnames: Too many: 17: must have at most 16 items"},
}

// oneGateway is the least of a route.
const oneGateway = "{parentRefs: [{name: public}], hostnames: [hooks.example.com]}"

func exposure(fields string) set { return set{"spec.exposure", "{" + fields + "}"} }

// parent is a route to one Gateway.
func parent(fields string) set {
	return exposure("gateway: {hostnames: [a], parentRefs: [{" + fields + "}]}")
}
