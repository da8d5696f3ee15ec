// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The condition types of a SuperOfficeWebhook. Ready is the summary. Reconciling and Stalled follow kstatus
// (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md): they are present only while true.
const (
	// ConditionReady is true while events are accepted and stored and the configuration in force is the wanted one.
	ConditionReady = "Ready"
	// ConditionSecretResolved is true while the shared secret can be read and is not empty.
	ConditionSecretResolved = "SecretResolved"
	// ConditionSecretInForce is true while all receivers that are ready go by what the shared Secret holds now, and false while
	// kubelet still brings a change to them. It says nothing against the receivers: Ready stays as it is.
	ConditionSecretInForce = "SecretInForce"
	// ConditionSinksResolved is true while everything that the sinks refer to can be read.
	ConditionSinksResolved = "SinksResolved"
	// ConditionQueueResolved is true while everything that the queue refers to can be read. It is there only while the queue
	// refers to something.
	ConditionQueueResolved = "QueueResolved"
	// ConditionCertificateResolved is true while the certificate that SuperOffice sees can be read. It is there only while
	// spec.exposure.tls is.
	ConditionCertificateResolved = "CertificateResolved"
	// ConditionReceiverAvailable is true while enough receiver pods are ready.
	ConditionReceiverAvailable = "ReceiverAvailable"
	// ConditionExposed is true while everybody who provides the way to the receivers that spec.exposure asks for (an
	// ingress controller, a Gateway, a load balancer) reports it as provided, and unknown while they report nothing.
	ConditionExposed = "Exposed"
	// ConditionReachable is true while test events that the operator posts to the public URL are answered as they should
	// be. It is there only where spec.exposure.probe asks for it.
	ConditionReachable = "Reachable"
	// ConditionDelivering is true while no sink is failing, false while one fails or delivery is suspended.
	ConditionDelivering = "Delivering"
	// ConditionPoolAgreed is true while the pods of the pool are shaped as the resource says, false where an older member says
	// something else. It is there only with spec.receiver.pool.
	ConditionPoolAgreed = "PoolAgreed"
	// ConditionReconciling is true while the operator or the rollout is still at work.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is true while only a change by the user can help.
	ConditionStalled = "Stalled"
)

// SuperOfficeWebhookStatus is what the operator found, at the last look.
type SuperOfficeWebhookStatus struct {
	// observedGeneration is the generation of the spec that this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// lastHandledReconcileAt is the value of the annotation
	// webhooks.superoffice.dev/requestedAt at the last look. To have the operator
	// look at a resource at once, set the annotation to another value, for example
	// the time; once this field has it, the operator has looked.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
	// secretResourceVersion is the metadata.resourceVersion of the shared Secret
	// whose values all receivers were last seen to go by. After a change of the
	// Secret, wait until this field has the Secret's new one.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	SecretResourceVersion string `json:"secretResourceVersion,omitempty"`
	// conditions tell the state; Ready sums them up.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// address is where events are accepted: outside of the cluster where
	// spec.exposure asks for a way to there, else inside.
	// +optional
	Address *Address `json:"address,omitempty"`
	// replicas is the number of receiver pods.
	// +optional
	Replicas int32 `json:"replicas,omitempty"`
	// readyReplicas is the number of receiver pods that accept events.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas,omitempty"`
	// delivery sums up what the receivers told. It is refreshed about every 30
	// seconds; metrics are finer.
	// +optional
	Delivery *DeliveryStatus `json:"delivery,omitempty"`
	// sinks tell how each destination fares.
	// +optional
	// +listType=map
	// +listMapKey=name
	Sinks []SinkStatus `json:"sinks,omitempty"`
}

// Address is where events are accepted.
type Address struct {
	// url to post to. It is made from the resource's own host and path, so it stays
	// the same when secrets, receivers or certificates change.
	// +optional
	URL string `json:"url,omitempty"`
}

// DeliveryStatus sums up queues and dead letters over all receiver pods and
// sinks.
type DeliveryStatus struct {
	// pending is the number of deliveries still to be made; an event for two sinks
	// counts twice.
	Pending int64 `json:"pending"`
	// oldestPendingTime is when the oldest event that waits for a sink was
	// received.
	// +optional
	OldestPendingTime *metav1.Time `json:"oldestPendingTime,omitempty"`
	// deadLettered is the number of dead letters that are kept.
	DeadLettered int64 `json:"deadLettered"`
	// lastReceivedTime is when the last authentic event arrived.
	// +optional
	LastReceivedTime *metav1.Time `json:"lastReceivedTime,omitempty"`
	// lastRejection is the last request that was refused.
	// +optional
	LastRejection *Rejection `json:"lastRejection,omitempty"`
}

// Rejection is a refused request.
type Rejection struct {
	// time of the refusal.
	Time metav1.Time `json:"time"`
	// reason in one CamelCase word, for example SignatureMismatch.
	Reason string `json:"reason"`
}

// SinkStatus tells how one sink fares.
type SinkStatus struct {
	// name of the sink.
	Name string `json:"name"`
	// state: Delivering, Failing (the last attempt failed, or none can be made) or
	// Suspended.
	State SinkState `json:"state"`
	// pending is the number of events that wait for this sink.
	Pending int64 `json:"pending"`
	// deadLettered is the number of this sink's dead letters that are kept.
	DeadLettered int64 `json:"deadLettered"`
	// lastDeliveryTime is when this sink last accepted an event.
	// +optional
	LastDeliveryTime *metav1.Time `json:"lastDeliveryTime,omitempty"`
	// lastError of this sink, while it is failing.
	// +optional
	LastError string `json:"lastError,omitempty"`
}

// SinkState is how a sink fares.
//
// +kubebuilder:validation:Enum=Delivering;Failing;Suspended
type SinkState string

// The states of a sink.
const (
	SinkDelivering SinkState = "Delivering"
	SinkFailing    SinkState = "Failing"
	SinkSuspended  SinkState = "Suspended"
)
