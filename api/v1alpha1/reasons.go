// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// The reasons of conditions. A reason that explains why a part is not well is also the reason of Ready.
const (
	// ReasonResolved: everything that is referred to can be read.
	ReasonResolved = "Resolved"
	// ReasonSecretNotFound: a Secret does not exist. It is looked for again as soon as one of its name appears.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonKeyNotFound: a Secret lacks a key.
	ReasonKeyNotFound = "KeyNotFound"
	// ReasonEmptyValue: a key of a Secret has no value.
	ReasonEmptyValue = "EmptyValue"
	// ReasonAllReceivers: all receivers go by what the shared Secret holds.
	ReasonAllReceivers = "AllReceivers"
	// ReasonSecretPropagating: not all receivers have taken over what the shared Secret holds. Kubelet brings it to them within
	// about a minute.
	ReasonSecretPropagating = "SecretPropagating"
	// ReasonSinkNotFound: an object that a sink refers to does not exist. Events wait for it.
	ReasonSinkNotFound = "SinkNotFound"
	// ReasonSinkNotAddressable: an object that a sink refers to does not tell where it can be posted to.
	ReasonSinkNotAddressable = "SinkNotAddressable"
	// ReasonSinkKindNotServed: the cluster does not know the kind of an object that a sink refers to.
	ReasonSinkKindNotServed = "SinkKindNotServed"
	// ReasonSinkForbidden: the operator has no right to read what a sink refers to.
	ReasonSinkForbidden = "SinkForbidden"

	// ReasonReceiversReady: enough receivers are ready.
	ReasonReceiversReady = "ReceiversReady"
	// ReasonReceiversStarting: receivers are being created for the first time.
	ReasonReceiversStarting = "ReceiversStarting"
	// ReasonReceiverUnavailable: fewer than half of the receivers are ready.
	ReasonReceiverUnavailable = "ReceiverUnavailable"

	// ReasonSettingsAgreed: the pods of the pool are shaped as the resource says.
	ReasonSettingsAgreed = "SettingsAgreed"
	// ReasonSettingsDiffer: an older member of the pool wants its pods shaped in another way, which counts, or in one that
	// a setting cannot work beside.
	ReasonSettingsDiffer = "SettingsDiffer"

	// ReasonDelivering: no sink fails.
	ReasonDelivering = "Delivering"
	// ReasonSinkFailing: the last attempt at one sink or more failed.
	ReasonSinkFailing = "SinkFailing"
	// ReasonSuspended: spec.suspend is true.
	ReasonSuspended = "Suspended"
	// ReasonNoAnswer: no receiver told its status.
	ReasonNoAnswer = "NoAnswer"

	// ReasonExposed: all that spec.exposure asks for is reported as provided.
	ReasonExposed = "Exposed"
	// ReasonClusterOnly: nothing but a Service inside the cluster is asked for, and it is there.
	ReasonClusterOnly = "ClusterOnly"
	// ReasonAddressPending: a load balancer or an ingress controller has not told an address. Some ingress controllers never
	// do.
	ReasonAddressPending = "AddressPending"
	// ReasonRoutePending: the controller of a Gateway has not said what it makes of the route.
	ReasonRoutePending = "RoutePending"
	// ReasonRouteRejected: a Gateway does not take the route, or can't follow it to the Service.
	ReasonRouteRejected = "RouteRejected"
	// ReasonGatewayAPINotServed: the cluster does not serve the Gateway API. The route is made as soon as it does.
	ReasonGatewayAPINotServed = "GatewayAPINotServed"

	// ReasonAnswered: a test event was answered as SuperOffice wants it to be.
	ReasonAnswered = "Answered"
	// ReasonProbePending: no test event was posted yet.
	ReasonProbePending = "ProbePending"
	// ReasonNameNotResolved: the DNS does not tell an address of the host.
	ReasonNameNotResolved = "NameNotResolved"
	// ReasonAddressRefused: the host's address is one that the operator does not connect to.
	ReasonAddressRefused = "AddressRefused"
	// ReasonConnectionRefused: nobody listens at the host's address.
	ReasonConnectionRefused = "ConnectionRefused"
	// ReasonConnectionFailed: there was no connection, or it ended before an answer.
	ReasonConnectionFailed = "ConnectionFailed"
	// ReasonTimedOut: there was no answer in time.
	ReasonTimedOut = "TimedOut"
	// ReasonTLSFailed: TLS could not be set up, or the certificate is not one to trust.
	ReasonTLSFailed = "TLSFailed"
	// ReasonSignatureRefused: the receiver, or somebody on the way, answered 401.
	ReasonSignatureRefused = "SignatureRefused"
	// ReasonUnexpectedStatus: the answer has another status than 200.
	ReasonUnexpectedStatus = "UnexpectedStatus"
	// ReasonWrongAnswer: the answer is 200, but not a receiver's.
	ReasonWrongAnswer = "WrongAnswer"

	// ReasonAccepting: events are accepted and stored, by the wanted configuration.
	ReasonAccepting = "Accepting"
	// ReasonRolloutInProgress: receivers are being replaced.
	ReasonRolloutInProgress = "RolloutInProgress"
	// ReasonProgressDeadlineExceeded: receivers should have been replaced by now. They are still being tried.
	ReasonProgressDeadlineExceeded = "ProgressDeadlineExceeded"
	// ReasonConfigPropagating: not all receivers have taken over the configuration yet. Kubelet brings it to them within
	// about a minute.
	ReasonConfigPropagating = "ConfigPropagating"
	// ReasonConfigRejected: a receiver keeps its former configuration, because it can't use the new one.
	ReasonConfigRejected = "ConfigRejected"
	// ReasonCleaningUp: objects of a deleted resource of the same name are still being removed.
	ReasonCleaningUp = "CleaningUp"
	// ReasonProgressingWithRetry: the API server could not be read or written; it is tried again.
	ReasonProgressingWithRetry = "ProgressingWithRetry"

	// ReasonNameTaken: an object that does not belong to this resource has the name of one that it needs.
	ReasonNameTaken = "NameTaken"
	// ReasonInvalid: the resource, or an object made from it, is not valid.
	ReasonInvalid = "Invalid"
)
