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
type SuperOfficeWebhookSpec struct {
	// suspend pauses delivery to all sinks and stops the operator from changing
	// the receiver. Events are still accepted and stored, and are delivered when
	// suspend is false again.
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

// Queue is the durable store between the answer to SuperOffice and the sinks.
//
// +kubebuilder:validation:XValidation:rule="!has(self.embedded) || !has(self.jetStream)",message="at most one of embedded and jetStream can be set"
type Queue struct {
	// embedded keeps the queue in the receiver pods. This is the default.
	// +optional
	Embedded *EmbeddedQueue `json:"embedded,omitempty"`
	// jetStream keeps the queue in a NATS JetStream system that is there already,
	// where all receiver pods share it.
	// +optional
	JetStream *JetStreamQueue `json:"jetStream,omitempty"`
	// retention limits how long events are kept.
	// +optional
	// +kubebuilder:default={}
	Retention Retention `json:"retention,omitempty"`
}

// EmbeddedQueue is a NATS JetStream engine inside each receiver pod.
type EmbeddedQueue struct {
	// storage is the room for events in each pod. When it is full, SuperOffice is
	// answered with 503 and nothing is dropped. Without a persistentVolumeClaim it
	// is an emptyDir, which survives the crash of a container, not the loss of its
	// pod; a pod that ends in order hands what is left over to another one.
	// +optional
	// +kubebuilder:default={}
	Storage Storage `json:"storage,omitempty"`
	// persistentVolumeClaim keeps the queue on a volume that outlives the pod and
	// its node, instead of an emptyDir: each event is on the disk before
	// SuperOffice is answered. It means one receiver pod, which is replaced by
	// ending the old one first; meanwhile nobody answers SuperOffice, for some
	// seconds. The claim has three times storage.size, and is deleted with the
	// resource.
	// +optional
	PersistentVolumeClaim *PersistentVolumeClaim `json:"persistentVolumeClaim,omitempty"`
}

// JetStreamQueue is a queue in a NATS JetStream system. Its two streams are
// made by the receivers: superoffice_<namespace>_<name>-events and -dead, with
// subjects below superoffice_<namespace>_<name>. Streams of these names that
// are there are used; they are never made smaller. They stay when the resource
// is deleted.
//
// +kubebuilder:validation:XValidation:rule="!has(self.credentials) || !has(self.auth)",message="at most one of credentials and auth can be set"
type JetStreamQueue struct {
	// urls of the servers of one NATS system, like nats://nats.messaging:4222 or
	// tls://nats.example.com:4222. One is chosen at random; another follows when
	// it fails.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	URLs []NATSURL `json:"urls"`
	// replicas is the number of servers that have each event: 1, 3 or 5. Of 3, one
	// may fail. Default 3.
	// +optional
	// +kubebuilder:default=3
	// +kubebuilder:validation:Enum=1;3;5
	Replicas int32 `json:"replicas,omitempty"`
	// storage is the room for events, and again for dead letters. When it is full,
	// SuperOffice is answered with 503 and nothing is dropped.
	// +optional
	// +kubebuilder:default={}
	Storage Storage `json:"storage,omitempty"`
	// credentials are a .creds file
	// (https://docs.nats.io/using-nats/developer/connecting/creds). Default: none
	// are shown.
	// +optional
	Credentials *SecretSource `json:"credentials,omitempty"`
	// auth is a user of the servers' configuration. Default: none is shown.
	// +optional
	Auth *UserPassword `json:"auth,omitempty"`
	// tls demands TLS, says whom to trust and shows a client certificate; {} is
	// TLS with the authorities of the receiver's image. Default: TLS with these
	// where the URL begins with tls or the server demands it.
	// +optional
	TLS *TLS `json:"tls,omitempty"`
}

// PersistentVolumeClaim says which volume to claim.
type PersistentVolumeClaim struct {
	// storageClassName of the volume, like fast. Default: the cluster's default
	// class.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	StorageClassName *string `json:"storageClassName,omitempty"`
}

// Storage is an amount of disk.
type Storage struct {
	// size in bytes, with the usual suffixes. Default 1Gi; from 16Mi to 1Pi. One
	// event takes about 2 KiB.
	// +optional
	// +kubebuilder:default="1Gi"
	// +kubebuilder:validation:XValidation:rule="isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('16Mi')) >= 0 && quantity(string(self)).compareTo(quantity('1Pi')) <= 0",message="must be an amount of bytes between 16Mi and 1Pi, like 1Gi"
	Size Quantity `json:"size,omitzero"`
}

// Retention limits how long the queue keeps what could not be delivered.
type Retention struct {
	// maxAge is how long an event or a dead letter is kept at most, as a duration
	// like "168h". Default 168h (7 days).
	// +optional
	// +kubebuilder:default="168h"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="must be a duration between 1m and 8760h, like 24h or 168h"
	MaxAge Duration `json:"maxAge,omitempty"`
}

// Receiver shapes the pods that receive, store and deliver.
type Receiver struct {
	// replicas is the number of receiver pods. Default 2, so that one can go while
	// the other answers: SuperOffice disables a webhook after about 15 seconds
	// without answers. With a persistentVolumeClaim it is 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	Replicas *int32 `json:"replicas,omitempty"`
	// resources of the receiver container. Default: requests of 50m CPU and 64Mi
	// of memory, a limit of 512Mi of memory.
	// +optional
	Resources *ResourceRequirements `json:"resources,omitempty"`
	// image of the receiver. Default: the image that the operator was released
	// with.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`
}

// Exposure says how SuperOffice reaches the receiver. A Service is always
// made.
type Exposure struct {
	// path on which events are accepted. Every other path is answered with 404.
	// +optional
	// +kubebuilder:default=/webhook
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^/[-._~A-Za-z0-9/]*$`
	// +kubebuilder:validation:XValidation:rule="self.startsWith('/') && !self.contains('//') && !self.contains('/./') && !self.contains('/../') && !self.endsWith('/.') && !self.endsWith('/..')",message="must be a clean path like /webhook: '/' first, and no '//', '/./' or '/../'"
	Path string `json:"path,omitempty"`
}
