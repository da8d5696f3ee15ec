// SPDX-License-Identifier: Apache-2.0

package advice

import "github.com/superoffice-webhook/operator/api/v1alpha1"

var conditions = map[string]Advice{
	v1alpha1.ReasonResolved:       {Severity: Fine},
	v1alpha1.ReasonReceiversReady: {Severity: Fine},
	v1alpha1.ReasonDelivering:     {Severity: Fine},
	v1alpha1.ReasonAccepting:      {Severity: Fine},

	v1alpha1.ReasonSecretNotFound: {Act, "Create the Secret that the message names, in the resource's namespace. The operator sees it coming: nothing else is to be done."},
	v1alpha1.ReasonKeyNotFound:    {Act, "Add the key to the Secret, or name the key that it has in the resource. `kubectl describe secret -n NAMESPACE` lists keys without values."},
	v1alpha1.ReasonEmptyValue:     {Act, "Give the key of the Secret its value. An empty secret would verify nothing."},

	v1alpha1.ReasonReceiversStarting:   {Wait, "Receivers are starting, which takes seconds. If it lasts, see `kubectl describe pods -n NAMESPACE -l webhooks.superoffice.dev/webhook=NAME`: most often an image that cannot be pulled or no room on any node."},
	v1alpha1.ReasonReceiverUnavailable: {Act, "SuperOffice gets no answer from most receivers, and disables a webhook after about 15 seconds of that. See `kubectl describe pods -n NAMESPACE -l webhooks.superoffice.dev/webhook=NAME` and their logs now; afterwards make sure that the webhook is still active in SuperOffice."},

	v1alpha1.ReasonSinkFailing: {Act, "Nothing is lost: events wait in the queue and are tried again until they are too old. Mend the sink, or its URL or credentials in the resource. What became a dead letter meanwhile is sent again by `kubectl superoffice dead-letters replay NAME -n NAMESPACE`."},
	v1alpha1.ReasonSuspended:   {Wanted, "Somebody suspended it: events are accepted and kept, none is delivered. `kubectl superoffice resume NAME -n NAMESPACE` ends that, before the queue is full or events are too old."},
	v1alpha1.ReasonNoAnswer:    {Act, "The operator cannot ask the receivers at port 8081. See that a NetworkPolicy lets it, and that pods run. Events are accepted all the same, as long as pods are ready."},

	v1alpha1.ReasonRolloutInProgress:        {Wait, "Receivers are being replaced one by one, without a refused event. If it lasts, see `kubectl rollout status deployment/NAME-receiver -n NAMESPACE`."},
	v1alpha1.ReasonProgressDeadlineExceeded: {Act, "New receivers do not become ready; old ones work on meanwhile. See `kubectl describe pods -n NAMESPACE -l webhooks.superoffice.dev/webhook=NAME`: the image, the nodes' room, a volume, a quota."},
	v1alpha1.ReasonConfigPropagating:        {Wait, "Kubelet brings a changed configuration to the pods within about a minute."},
	v1alpha1.ReasonConfigRejected:           {Act, "A receiver cannot use its new configuration and works on by the one before. The message names the field or the secret: put it right."},
	v1alpha1.ReasonCleaningUp:               {Wait, "Objects of a deleted resource of the same name are still going. If it lasts, look for finalizers on them."},
	v1alpha1.ReasonProgressingWithRetry:     {Wait, "The API server refused or did not answer; the operator tries again. If it lasts, the message says what: a missing right, a quota, an admission policy."},

	v1alpha1.ReasonNameTaken: {Act, "Something else has a name that the receivers need. Delete what is in the way, or give this resource another name; nothing is overwritten."},
	v1alpha1.ReasonInvalid:   {Act, "Put the field right that the message names. If the API server took it, the installed definition is older than the operator: `kubectl apply --server-side -k config/crd`."},
}
