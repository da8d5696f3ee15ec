// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Queue is the durable store between the answer to SuperOffice and the sinks.
//
// +kubebuilder:validation:XValidation:rule="!has(self.embedded) || !has(self.jetStream)",message="at most one of embedded and jetStream can be set"
// +kubebuilder:validation:XValidation:rule="(has(self.embedded) && has(self.embedded.persistentVolumeClaim)) == (has(oldSelf.embedded) && has(oldSelf.embedded.persistentVolumeClaim))",message="embedded.persistentVolumeClaim: cannot be added or taken away, because the pods before could not hand over what they have; make a second resource with the queue that is wanted, have SuperOffice post to its URL, then delete this one once its status.delivery.pending is 0"
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
	// resource. It cannot be added or taken away later, because the pods before
	// could not hand over what they have: make a second resource instead.
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
