// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// refusedResources are wrong in what is not about sinks.
var refusedResources = []refusal{
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

	{"an empty tenant", set{"spec.tenants", "['']"}, "spec.tenants[0] in body should be at least 1 chars long"},
	{"a tenant that is too long", set{"spec.tenants", "[" + text(65) + "]"}, "spec.tenants[0]: Too long: may not be more than 64 bytes"},
	{"a tenant twice", set{"spec.tenants", "[Cust1, Cust1]"}, `spec.tenants[1]: Duplicate value: "Cust1"`},
	{"too many tenants", set{"spec.tenants", list(65, "Cust%d")}, "spec.tenants: Too many: 65: must have at most 64 items"},

	{"an event that is not one of an activity", set{"spec.events", "[contact.created]"}, `spec.events[0]: Unsupported value: "contact.created": supported values: "activity.created", "activity.changed", "activity.deleted"`},
	{"no events", set{"spec.events", "[]"}, "spec.events in body should have at least 1 items"},
	{"an event twice", set{"spec.events", "[activity.created, activity.created]"}, `spec.events[1]: Duplicate value: "activity.created"`},
	{"too many events", set{"spec.events", list(4, "e%d")}, "spec.events: Too many: 4: must have at most 3 items"},

	{"an associate twice", set{"spec.ignoreAssociates", "[37, 37]"}, "spec.ignoreAssociates[1]: Duplicate value: 37"},
	{"an associate by name", set{"spec.ignoreAssociates", "[system]"}, `spec.ignoreAssociates[0] in body must be of type integer: "string"`},
	{"an associate by a number in quotes", set{"spec.ignoreAssociates", "['37']"}, `spec.ignoreAssociates[0] in body must be of type integer: "string"`},
	{"too many associates", set{"spec.ignoreAssociates", list(65, "%d")}, "spec.ignoreAssociates: Too many: 65: must have at most 64 items"},

	{"a queue for a week in words", set{"spec.queue.retention.maxAge", "7d"}, `spec.queue.retention.maxAge: Invalid value: "7d": must be a duration between 1m and 8760h, like 24h or 168h`},
	{"a queue for longer than a year", set{"spec.queue.retention.maxAge", "8761h"}, `"8761h": must be a duration between 1m and 8760h`},
	{"a queue that holds next to nothing", set{"spec.queue.embedded.storage.size", "15Mi"}, `spec.queue.embedded.storage.size: Invalid value: "15Mi": must be an amount of bytes between 16Mi and 1Pi, like 1Gi`},
	{"a queue larger than any disk", set{"spec.queue.embedded.storage.size", "4Ei"}, `spec.queue.embedded.storage.size: Invalid value: "4Ei": must be an amount of bytes between 16Mi and 1Pi, like 1Gi`},
	{"a queue of a size in words", set{"spec.queue.embedded.storage.size", "1 GB"}, `spec.queue.embedded.storage.size: Invalid value: "1 GB": must be an amount of bytes between 16Mi and 1Pi, like 1Gi`},
	{"a volume of a class without a name", claim("{storageClassName: ''}"), "spec.queue.embedded.persistentVolumeClaim.storageClassName in body should be at least 1 chars long"},
	{"a volume of a class that cannot exist", claim("{storageClassName: Fast SSD}"), "spec.queue.embedded.persistentVolumeClaim.storageClassName in body should match '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$'"},
	{"a volume of a class with too long a name", claim("{storageClassName: " + text(254) + "}"), "spec.queue.embedded.persistentVolumeClaim.storageClassName: Too long: may not be more than 253 bytes"},
	{"a volume that is only asked for", claim("true"), `spec.queue.embedded.persistentVolumeClaim in body must be of type object: "boolean"`},

	{"a queue in two places", set{"spec.queue", "{embedded: {}, jetStream: {urls: [nats://nats:4222]}}"}, "spec.queue: Invalid value: at most one of embedded and jetStream can be set"},
	{"a queue in no system", inJetStream(""), "spec.queue.jetStream.urls: Required value"},
	{"a queue on no server", inJetStream("urls: []"), "spec.queue.jetStream.urls in body should have at least 1 items"},
	{"a queue on one server twice", inJetStream("urls: [nats://nats:4222, nats://nats:4222]"), `spec.queue.jetStream.urls[1]: Duplicate value: "nats://nats:4222"`},
	{"a queue on too many servers", inJetStream("urls: " + list(17, "nats://nats-%d:4222")), "spec.queue.jetStream.urls: Too many: 17: must have at most 16 items"},
	{"a queue with an even number of replicas", inJetStream("urls: [nats://nats:4222], replicas: 2"), `spec.queue.jetStream.replicas: Unsupported value: 2: supported values: "1", "3", "5"`},
	{"a queue in a cluster that holds next to nothing", inJetStream("urls: [nats://nats:4222], storage: {size: 15Mi}"), `spec.queue.jetStream.storage.size: Invalid value: "15Mi": must be an amount of bytes between 16Mi and 1Pi, like 1Gi`},
	{"a queue in a cluster of a size in words", inJetStream("urls: [nats://nats:4222], storage: {size: lots}"), "spec.queue.jetStream.storage.size in body should match"},
	{"two logins at a queue", inJetStream("urls: [nats://nats:4222], credentials: " + source + ", auth: {username: erp, password: " + source + "}"), "spec.queue.jetStream: Invalid value: at most one of credentials and auth can be set"},
	{"an order that several receivers cannot keep", set{"spec", "{secret: {name: crm-webhook}, queue: {jetStream: {urls: [nats://nats:4222]}}, sinks: [{name: log, log: {}, delivery: {order: PerRecord}}]}"}, "spec.sinks[].delivery.order: PerRecord needs one queue that outlives its pod: set spec.queue.embedded.persistentVolumeClaim"},

	{"a pod that ends at once", set{"spec.receiver.shutdownDelay", "9s"}, `spec.receiver.shutdownDelay: Invalid value: "9s": must be a duration between 10s and 15m, like 90s`},
	{"a pod that never ends", set{"spec.receiver.shutdownDelay", "16m"}, `"16m": must be a duration between 10s and 15m`},
	{"a pod that ends in words", set{"spec.receiver.shutdownDelay", "soon"}, "spec.receiver.shutdownDelay in body should match"},
	{"a pod that has the volume and goes on", spec("receiver: {shutdownDelay: 30s}, queue: {embedded: {persistentVolumeClaim: {}}}"), "spec.receiver.shutdownDelay: cannot be set with spec.queue.embedded.persistentVolumeClaim, because nobody else could answer"},
	{"no receiver", set{"spec.receiver.replicas", "0"}, "spec.receiver.replicas in body should be greater than or equal to 1"},
	{"too many receivers", set{"spec.receiver.replicas", "65"}, "spec.receiver.replicas in body should be less than or equal to 64"},
	{"an empty image", set{"spec.receiver.image", "''"}, "spec.receiver.image in body should be at least 1 chars long"},
	{"an image that is too long", set{"spec.receiver.image", text(513)}, "spec.receiver.image: Too long: may not be more than 512 bytes"},
	{"requests above the limits", set{"spec.receiver.resources", "{requests: {memory: 2Gi}, limits: {memory: 1Gi}}"}, "spec.receiver.resources: Invalid value: no request may be larger than its limit"},
	{"a request in words", set{"spec.receiver.resources", "{requests: {memory: lots}}"}, "spec.receiver.resources.requests.memory in body should match"},
	{"a limit in words", set{"spec.receiver.resources", "{limits: {memory: lots}}"}, "spec.receiver.resources.limits.memory in body should match"},
	{"too many requests", set{"spec.receiver.resources", "{requests: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}}"}, "spec.receiver.resources.requests: Too many: 7: must have at most 6 items"},
	{"too many limits", set{"spec.receiver.resources", "{limits: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}}"}, "spec.receiver.resources.limits: Too many: 7: must have at most 6 items"},
	{"several receivers on one volume", spec("receiver: {replicas: 2}, queue: {embedded: {persistentVolumeClaim: {}}}"), "spec.receiver.replicas: must be 1 with spec.queue.embedded.persistentVolumeClaim, because one pod only can use the volume"},

	{"an image without a name of its secret", set{"spec.receiver.imagePullSecrets", "[{}]"}, "spec.receiver.imagePullSecrets[0].name: Required value"},
	{"an image with an empty name of its secret", set{"spec.receiver.imagePullSecrets", "[{name: ''}]"}, "spec.receiver.imagePullSecrets[0].name in body should be at least 1 chars long"},
	{"an image with a name that no Secret can have", set{"spec.receiver.imagePullSecrets", "[{name: ../a}]"}, "spec.receiver.imagePullSecrets[0].name in body should match"},
	{"an image with too long a name of its secret", set{"spec.receiver.imagePullSecrets", "[{name: " + text(254) + "}]"}, "spec.receiver.imagePullSecrets[0].name: Too long"},
	{"an image with a secret twice", set{"spec.receiver.imagePullSecrets", "[{name: a}, {name: a}]"}, "spec.receiver.imagePullSecrets[1]: Duplicate value"},
	{"an image with too many secrets", set{"spec.receiver.imagePullSecrets", list(17, "{name: a%d}")}, "spec.receiver.imagePullSecrets: Too many: 17"},
	{"a template that is a text", set{"spec.receiver.podTemplate", "'{}'"}, `spec.receiver.podTemplate in body must be of type object: "string"`},

	{"an autoscaler without a limit", autoscaling("{minReplicas: 2}"), "spec.receiver.autoscaling: Invalid value: exactly one of maxReplicas and external must be set"},
	{"an autoscaler of ours and of somebody else", autoscaling("{maxReplicas: 4, external: {}}"), "spec.receiver.autoscaling: Invalid value: exactly one of maxReplicas and external must be set"},
	{"an autoscaler of somebody else with a least number", autoscaling("{external: {}, minReplicas: 2}"), "spec.receiver.autoscaling: Invalid value: nothing else can be set beside external"},
	{"an autoscaler of somebody else with a metric", autoscaling("{external: {}, metrics: [{type: Pods}]}"), "nothing else can be set beside external"},
	{"an autoscaler without room", autoscaling("{minReplicas: 5, maxReplicas: 4}"), "spec.receiver.autoscaling: Invalid value: minReplicas (2 where it is not given): at most maxReplicas"},
	{"an autoscaler without room for the default", autoscaling("{maxReplicas: 1}"), "minReplicas (2 where it is not given): at most maxReplicas"},
	{"an autoscaler down to nobody", autoscaling("{minReplicas: 0, maxReplicas: 4}"), "spec.receiver.autoscaling.minReplicas in body should be greater than or equal to 1"},
	{"an autoscaler up from too many", autoscaling("{minReplicas: 65, maxReplicas: 4}"), "spec.receiver.autoscaling.minReplicas in body should be less than or equal to 64"},
	{"an autoscaler up to nobody", autoscaling("{maxReplicas: 0}"), "spec.receiver.autoscaling.maxReplicas in body should be greater than or equal to 1"},
	{"an autoscaler up to too many", autoscaling("{maxReplicas: 65}"), "spec.receiver.autoscaling.maxReplicas in body should be less than or equal to 64"},
	{"an autoscaler for idle pods", autoscaling("{maxReplicas: 4, targetCPUUtilizationPercentage: 0}"), "spec.receiver.autoscaling.targetCPUUtilizationPercentage in body should be greater than or equal to 1"},
	{"an autoscaler for overworked pods", autoscaling("{maxReplicas: 4, targetCPUUtilizationPercentage: 1001}"), "spec.receiver.autoscaling.targetCPUUtilizationPercentage in body should be less than or equal to 1000"},
	{"an autoscaler with an empty list of metrics", autoscaling("{maxReplicas: 4, metrics: []}"), "spec.receiver.autoscaling.metrics in body should have at least 1 items"},
	{"an autoscaler with too many metrics", autoscaling("{maxReplicas: 4, metrics: " + list(9, "{type: Pods}") + "}"), "spec.receiver.autoscaling.metrics: Too many: 9"},
	{"an autoscaler with a metric by name", autoscaling("{maxReplicas: 4, metrics: [cpu]}"), `spec.receiver.autoscaling.metrics[0] in body must be of type object: "string"`},
	{"an autoscaler beside a number", spec("receiver: {replicas: 3, autoscaling: {maxReplicas: 4}}"), "spec.receiver: Invalid value: replicas: cannot be set beside autoscaling.maxReplicas"},
	{"an autoscaler by a CPU that is not asked for", spec("receiver: {resources: {requests: {memory: 1Gi}}, autoscaling: {maxReplicas: 4}}"), "spec.receiver: Invalid value: resources.requests.cpu: must be set, because autoscaling by the CPU compares with it"},
	{"an autoscaler by a CPU that is not asked for, and by more", spec("receiver: {resources: {}, autoscaling: {maxReplicas: 4, targetCPUUtilizationPercentage: 50, metrics: [{type: Pods}]}}"), "resources.requests.cpu: must be set"},
	{"an autoscaler on one volume", spec("receiver: {autoscaling: {external: {}}}, queue: {embedded: {persistentVolumeClaim: {}}}"), "spec.receiver.autoscaling: cannot be set with spec.queue.embedded.persistentVolumeClaim, because one pod only can use the volume"},

	{"a certificate from nowhere", set{"spec.exposure.tls", "{}"}, "spec.exposure.tls.secretName: Required value"},
	{"a certificate from a Secret without a name", set{"spec.exposure.tls", "{secretName: ''}"}, "spec.exposure.tls.secretName in body should be at least 1 chars long"},
	{"a certificate from a Secret that cannot exist", set{"spec.exposure.tls", "{secretName: CRM_TLS}"}, "spec.exposure.tls.secretName in body should match '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$'"},
	{"a certificate from a Secret with too long a name", set{"spec.exposure.tls", "{secretName: " + text(254) + "}"}, "spec.exposure.tls.secretName: Too long: may not be more than 253 bytes"},
	{"traces for nobody", set{"spec.receiver.tracing", "{}"}, "spec.receiver.tracing.endpoint: Required value"},
	{"traces to a host and a port", set{"spec.receiver.tracing", "{endpoint: 'otel-collector:4317'}"}, `spec.receiver.tracing.endpoint: Invalid value: "otel-collector:4317": must be an absolute http or https URL without credentials, like http://otel-collector.observability:4318`},
	{"traces with credentials", set{"spec.receiver.tracing", "{endpoint: 'http://me:pass@otel:4318'}"}, `must be an absolute http or https URL without credentials`},
	{"traces to an endpoint that is too long", set{"spec.receiver.tracing", "{endpoint: 'http://" + text(2048) + "'}"}, "spec.receiver.tracing.endpoint: Too long: may not be more than 2048 bytes"},
	{"traces of fewer than no events", set{"spec.receiver.tracing", "{endpoint: 'http://otel:4318', samplingRatePerMillion: -1}"}, "spec.receiver.tracing.samplingRatePerMillion in body should be greater than or equal to 0"},
	{"traces of more than all events", set{"spec.receiver.tracing", "{endpoint: 'http://otel:4318', samplingRatePerMillion: 1000001}"}, "spec.receiver.tracing.samplingRatePerMillion in body should be less than or equal to 1000000"},
}

// spec is a valid one, and more.
func spec(more string) set {
	return set{"spec", "{secret: {name: crm-webhook}, sinks: [{name: erp, http: {url: https://erp.example.com}}], " + more + "}"}
}

func autoscaling(value string) set { return set{"spec.receiver.autoscaling", value} }

func claim(value string) set { return set{"spec.queue.embedded.persistentVolumeClaim", value} }

// inJetStream is a queue in a cluster.
func inJetStream(fields string) set { return set{"spec.queue", "{jetStream: {" + fields + "}}"} }
