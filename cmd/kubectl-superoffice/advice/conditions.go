// SPDX-License-Identifier: Apache-2.0

package advice

import "github.com/superoffice-webhook/operator/api/v1alpha1"

var conditions = map[string]Advice{
	v1alpha1.ReasonResolved:       {Severity: Fine},
	v1alpha1.ReasonReceiversReady: {Severity: Fine},
	v1alpha1.ReasonDelivering:     {Severity: Fine},
	v1alpha1.ReasonAccepting:      {Severity: Fine},
	v1alpha1.ReasonExposed:        {Severity: Fine},
	v1alpha1.ReasonClusterOnly:    {Severity: Fine},
	v1alpha1.ReasonAnswered:       {Severity: Fine},
	v1alpha1.ReasonSettingsAgreed: {Severity: Fine},
	v1alpha1.ReasonAllReceivers:   {Severity: Fine},

	v1alpha1.ReasonSecretNotFound: {Act, "Create the Secret that the message names, in the resource's namespace. The operator sees it coming: nothing else is to be done."},
	v1alpha1.ReasonKeyNotFound:    {Act, "Add the key to the Secret, or name the key that it has in the resource. `kubectl describe secret -n NAMESPACE` lists keys without values."},
	v1alpha1.ReasonEmptyValue:     {Act, "Give the key of the Secret its value. An empty secret would verify nothing."},

	v1alpha1.ReasonSecretPropagating: {Wait, "Kubelet brings the changed Secret to the pods within about a minute. Until then, enter nothing new in SuperOffice."},

	v1alpha1.ReasonSinkNotFound:       {Act, "Create the object that the sink refers to, in the resource's namespace, or correct sinks[].http.ref. Events for this sink wait; no other sink does."},
	v1alpha1.ReasonSinkNotAddressable: {Act, "The object that the sink refers to has no status.address.url yet, or a Service lacks the port: see what its own controller says of it. Events for this sink wait."},
	v1alpha1.ReasonSinkKindNotServed:  {Act, "Install what defines the kind that sinks[].http.ref names, or correct its apiVersion and kind. The operator looks again by itself."},
	v1alpha1.ReasonSinkForbidden:      {Act, "Let the operator read that kind: a ClusterRole with get, list and watch of it, labelled webhooks.superoffice.dev/addressable=true."},

	v1alpha1.ReasonAddressPending:      {Wait, "No load balancer or ingress controller has told an address yet. If it lasts, see `kubectl describe ingress,service NAME-receiver -n NAMESPACE` (with spec.receiver.pool, of the Service POOL-pool); some ingress controllers never tell one, and then nothing is wrong."},
	v1alpha1.ReasonRoutePending:        {Wait, "The Gateway's controller has not said what it makes of the route. If it lasts, see whether the Gateway of spec.exposure.gateway.parentRefs exists."},
	v1alpha1.ReasonRouteRejected:       {Act, "The Gateway does not take the route; the message has its reason. Most often its listeners let no routes in from this namespace (allowedRoutes) or have another hostname."},
	v1alpha1.ReasonGatewayAPINotServed: {Act, "Install the Gateway API (its HTTPRoute), or use spec.exposure.ingress. The operator makes the route as soon as the cluster knows it."},

	v1alpha1.ReasonProbePending:      {Wait, "No test event was posted yet: receivers, and a way to them, have to be there first."},
	v1alpha1.ReasonNameNotResolved:   {Act, "The DNS does not know the host of status.address.url: make its entry, or wait until it has spread."},
	v1alpha1.ReasonAddressRefused:    {Act, "The host leads to a loopback, link-local, multicast or metadata address, where the operator does not post: correct its DNS entry."},
	v1alpha1.ReasonConnectionRefused: {Act, "Nobody listens at the host's address: see the load balancer or the ingress controller."},
	v1alpha1.ReasonConnectionFailed:  {Act, "There is no connection to the host, or it ends before an answer: see firewalls, the load balancer and the ingress controller."},
	v1alpha1.ReasonTimedOut:          {Act, "The host does not answer in time: see firewalls, the load balancer and the ingress controller."},
	v1alpha1.ReasonTLSFailed:         {Act, "Mend the certificate that the host shows; the message says what is wrong with it. SuperOffice refuses it, too."},
	v1alpha1.ReasonSignatureRefused:  {Act, "401: a login is asked for on the way, which SuperOffice cannot answer; or the Secret was changed a moment ago, and kubelet brings it to the pods within a minute."},
	v1alpha1.ReasonUnexpectedStatus:  {Act, "The answer is not 200: the host or the path is wrong at the ingress controller (404), it finds no receivers (503), or it redirects (3xx), which SuperOffice takes for a failure."},
	v1alpha1.ReasonWrongAnswer:       {Act, "Something else serves this URL: see which Ingress or route has the host and the path."},

	v1alpha1.ReasonReceiversStarting:   {Wait, "Receivers are starting, which takes seconds. If it lasts, see `kubectl describe pods -n NAMESPACE -l webhooks.superoffice.dev/webhook=NAME` (in a pool, webhooks.superoffice.dev/pool=POOL): most often an image that cannot be pulled or no room on any node."},
	v1alpha1.ReasonReceiverUnavailable: {Act, "SuperOffice gets no answer from most receivers, and disables a webhook after about 15 seconds of that. See `kubectl describe pods -n NAMESPACE -l webhooks.superoffice.dev/webhook=NAME` and their logs now; afterwards make sure that the webhook is still active in SuperOffice."},

	v1alpha1.ReasonSinkFailing: {Act, "Nothing is lost: events wait in the queue and are tried again until they are too old. Mend the sink, or its URL or credentials in the resource. What became a dead letter meanwhile is sent again by `kubectl superoffice dead-letters replay NAME -n NAMESPACE`."},
	v1alpha1.ReasonSuspended:   {Wanted, "Somebody suspended it: events are accepted and kept, none is delivered. `kubectl superoffice resume NAME -n NAMESPACE` ends that, before the queue is full or events are too old."},
	v1alpha1.ReasonNoAnswer:    {Act, "The operator cannot ask the receivers at port 8081. See that a NetworkPolicy lets it, and that pods run. Events are accepted all the same, as long as pods are ready."},

	v1alpha1.ReasonRolloutInProgress:        {Wait, "Receivers are being replaced: one by one, or the only one where the queue is on a volume, so that for some seconds nobody answers. If it lasts, see `kubectl rollout status deployment/NAME-receiver -n NAMESPACE`."},
	v1alpha1.ReasonProgressDeadlineExceeded: {Act, "New receivers do not become ready; old ones work on meanwhile. See `kubectl describe pods -n NAMESPACE -l webhooks.superoffice.dev/webhook=NAME`: the image, the nodes' room, a volume, a quota."},
	v1alpha1.ReasonConfigPropagating:        {Wait, "Kubelet brings a changed configuration to the pods within about a minute."},
	v1alpha1.ReasonConfigRejected:           {Act, "A receiver cannot use its new configuration and works on by the one before. The message names the field or the secret: put it right."},
	v1alpha1.ReasonCleaningUp:               {Wait, "Objects of a deleted resource of the same name are still going. If it lasts, look for finalizers on them."},
	v1alpha1.ReasonProgressingWithRetry:     {Wait, "The API server refused or did not answer; the operator tries again. If it lasts, the message says what: a missing right, a quota, an admission policy."},

	v1alpha1.ReasonSettingsDiffer: {Act, "Nothing is lost: an older member of the pool says something else about the pods, and that counts. Make all members say the same, or leave the field out of all but one."},

	v1alpha1.ReasonNameTaken: {Act, "Something else has a name that the receivers need. Delete what is in the way, or give this resource another name; nothing is overwritten."},
	v1alpha1.ReasonInvalid:   {Act, "Put the field right that the message names. The API server cannot judge all of them (`podTemplate`, filters, metrics of autoscaling); others it takes only where the installed definition is older than the operator: `kubectl apply --server-side -k config/crd`."},
}
