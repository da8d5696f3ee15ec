// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SuperOfficeWebhook receives the signed activity events of one SuperOffice
// webhook definition, stores each durably before SuperOffice is answered, and
// delivers it to every sink at least once.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=superofficewebhooks,shortName=sowh,categories=superoffice
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Receivers",type=integer,JSONPath=`.status.readyReplicas`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.delivery.pending`
// +kubebuilder:printcolumn:name="Dead",type=integer,JSONPath=`.status.delivery.deadLettered`
// +kubebuilder:printcolumn:name="Received",type=date,JSONPath=`.status.delivery.lastReceivedTime`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Exposed",type=string,JSONPath=`.status.conditions[?(@.type=="Exposed")].status`,priority=1
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.address.url`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 52",message="metadata.name: at most 52 characters, because the names of the receiver's objects are made from it"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name: lower-case letters, digits and '-', starting with a letter, because the receiver's Service is named after it"
type SuperOfficeWebhook struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the user wants.
	// +required
	Spec SuperOfficeWebhookSpec `json:"spec"`
	// status is what the operator found. Before it looked, the generation is -1,
	// so that whoever waits for the resource does not take one that nobody has
	// seen for one that is done.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status SuperOfficeWebhookStatus `json:"status,omitempty"`
}

// SuperOfficeWebhookList is a list of SuperOfficeWebhook resources.
//
// +kubebuilder:object:root=true
type SuperOfficeWebhookList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []SuperOfficeWebhook `json:"items"`
}

// SuperOfficeWebhookSpec declares where events come from, which are wanted and
// where they go.
//
// +kubebuilder:validation:XValidation:rule="self.sinks.all(s, !has(s.events) || s.events.all(e, e in self.events))",message="spec.sinks[].events: each must also be in spec.events, else the receiver would never accept it"
// +kubebuilder:validation:XValidation:rule="self.sinks.all(s, ![s.delivery.retry.maxAge, self.queue.retention.maxAge].all(d, d.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$')) || duration(s.delivery.retry.maxAge) <= duration(self.queue.retention.maxAge))",message="spec.sinks[].delivery.retry.maxAge (72h where it is not given): at most spec.queue.retention.maxAge, so that an event is dead-lettered before the queue lets go of it"
// +kubebuilder:validation:XValidation:rule="self.sinks.all(s, s.delivery.order != 'PerRecord') || has(self.queue.embedded) && has(self.queue.embedded.persistentVolumeClaim)",message="spec.sinks[].delivery.order: PerRecord needs one queue that outlives its pod: set spec.queue.embedded.persistentVolumeClaim"
// +kubebuilder:validation:XValidation:rule="!has(self.queue.embedded) || !has(self.queue.embedded.persistentVolumeClaim) || !has(self.receiver.replicas) || self.receiver.replicas == 1",message="spec.receiver.replicas: must be 1 with spec.queue.embedded.persistentVolumeClaim, because one pod only can use the volume"
// +kubebuilder:validation:XValidation:rule="!has(self.queue.embedded) || !has(self.queue.embedded.persistentVolumeClaim) || !has(self.receiver.autoscaling)",message="spec.receiver.autoscaling: cannot be set with spec.queue.embedded.persistentVolumeClaim, because one pod only can use the volume"
// +kubebuilder:validation:XValidation:rule="!has(self.queue.embedded) || !has(self.queue.embedded.persistentVolumeClaim) || !has(self.receiver.shutdownDelay)",message="spec.receiver.shutdownDelay: cannot be set with spec.queue.embedded.persistentVolumeClaim, because nobody else could answer while the pod that ends has the volume"
// +kubebuilder:validation:XValidation:rule="has(self.receiver.pool) == has(oldSelf.receiver.pool) && (!has(self.receiver.pool) || self.receiver.pool == oldSelf.receiver.pool)",message="spec.receiver.pool: cannot be changed, set or unset, because the URL that SuperOffice posts to would change with it; make a second resource, have SuperOffice post to its URL, then delete this one"
// +kubebuilder:validation:XValidation:rule="!has(self.receiver.pool) || !has(self.queue.embedded) || !has(self.queue.embedded.persistentVolumeClaim)",message="spec.queue.embedded.persistentVolumeClaim: cannot be set with spec.receiver.pool, because a pool has several pods and one only can use a volume; use spec.queue.jetStream or leave spec.receiver.pool out"
// +kubebuilder:validation:XValidation:rule="!has(self.receiver.pool) || !has(self.exposure.tls)",message="spec.exposure.tls: cannot be set with spec.receiver.pool, because all members of a pool share one port; let the Ingress or the Gateway speak TLS or leave spec.receiver.pool out"
// +kubebuilder:validation:XValidation:rule="!has(self.receiver.pool) || !has(self.exposure.path) || self.exposure.path == '/webhook'",message="spec.exposure.path: cannot be set with spec.receiver.pool, where it is /hooks/<namespace>/<name>"
type SuperOfficeWebhookSpec struct {
	// suspend pauses delivery to all sinks and stops the operator from changing
	// the receiver and the way to it; what the receiver lacks is still made.
	// Events are accepted and stored, and are delivered when suspend is false
	// again. What else of the spec is changed meanwhile is taken over then, too.
	// +optional
	// +kubebuilder:default=false
	Suspend bool `json:"suspend"`

	// secret names the Secret that holds the shared secret of the webhook
	// definition in SuperOffice.
	// +required
	Secret WebhookSecret `json:"secret"`

	// tenants are the accepted values of ContextIdentifier: the customer id in
	// SuperOffice Online ("Cust12345"), "Default" on site. An authentic event of
	// another tenant is answered with 200 and not kept. Default: any tenant.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	Tenants []string `json:"tenants,omitempty"`

	// events are the wanted events. An authentic event that is not listed is
	// answered with 200 and not kept.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:default={"activity.created","activity.changed","activity.deleted"}
	Events []EventName `json:"events,omitempty"`

	// ignoreAssociates are ids of associates (users in SuperOffice), like 37,
	// whose changes are not wanted, such as the one that our own integrations
	// write as, so that what they write does not come back to them. An authentic
	// event caused by one of them (ChangedByAssociateId) is answered with 200 and
	// not kept. Default: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	IgnoreAssociates []int64 `json:"ignoreAssociates,omitempty"`

	// sinks are the destinations. Each has its own position in the queue, so that
	// one that is down delays no other.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Sinks []Sink `json:"sinks"`

	// queue says how events are kept until every sink has them.
	// +optional
	// +kubebuilder:default={embedded: {}}
	Queue Queue `json:"queue,omitempty"`

	// receiver shapes the pods that face SuperOffice.
	// +optional
	// +kubebuilder:default={}
	Receiver Receiver `json:"receiver,omitempty"`

	// exposure says how SuperOffice reaches the receiver.
	// +optional
	// +kubebuilder:default={}
	Exposure Exposure `json:"exposure,omitempty"`
}

// EventName is the name of an event that SuperOffice sends for activities
// (https://docs.superoffice.com/en/automation/webhook/reference/activity-events.html).
//
// +kubebuilder:validation:Enum=activity.created;activity.changed;activity.deleted
type EventName string

// WebhookSecret refers to a Secret in the resource's namespace. Its values
// reach the receiver as files, never through the API server or the
// environment, and are taken over in place when they change.
type WebhookSecret struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
	// key that holds the shared secret: the exact text of the field "Secret" in
	// SuperOffice, 1 to 400 characters.
	// +optional
	// +kubebuilder:default=secret
	Key SecretKey `json:"key,omitempty"`
	// previousKey holds the secret that was valid before. While this key exists in
	// the Secret, signatures made with its value are accepted too, so that the
	// secret can be changed without refusing one event.
	// +optional
	// +kubebuilder:default=previous
	PreviousKey SecretKey `json:"previousKey,omitempty"`
}
