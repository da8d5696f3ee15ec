// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Delivery says how hard and how fast a sink is tried.
type Delivery struct {
	// order is what is promised of the order in which events reach the sink. None:
	// nothing. PerRecord: an event waits until the ones before it about the same
	// record (tenant, entity and primary key) were delivered or became dead
	// letters; it needs one queue, so spec.queue.embedded.persistentVolumeClaim.
	// Default None.
	// +optional
	// +kubebuilder:default=None
	Order Order `json:"order,omitempty"`
	// concurrency is how many events each receiver pod sends to this sink at the
	// same time at most. A sink that answers within a millisecond gets fewer where
	// the pod has few processors: two for each. Default 8.
	// +optional
	// +kubebuilder:default=8
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=256
	Concurrency int32 `json:"concurrency,omitempty"`
	// rateLimit spreads attempts over time, retries included. Default: no limit.
	// +optional
	RateLimit *RateLimit `json:"rateLimit,omitempty"`
	// retry says when to try again and when to give up.
	// +optional
	// +kubebuilder:default={}
	Retry Retry `json:"retry,omitempty"`
}

// Order is what is promised of the order in which events reach a sink.
//
// +kubebuilder:validation:Enum=None;PerRecord
type Order string

// The orders.
const (
	OrderNone      Order = "None"
	OrderPerRecord Order = "PerRecord"
)

// RateLimit spreads attempts over time.
type RateLimit struct {
	// perSecond is how many attempts each receiver pod makes in a second at most,
	// like 50.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	PerSecond int32 `json:"perSecond"`
}

// Retry says when a failed delivery is tried again.
type Retry struct {
	// backoff is the pause between attempts. It doubles with each attempt, is
	// capped, and is drawn at random below its value ("full jitter"). A
	// Retry-After header of the sink can make it longer, never shorter.
	// +optional
	// +kubebuilder:default={}
	Backoff Backoff `json:"backoff,omitempty"`
	// maxAge is how long after its receipt an event is tried at most; then it
	// becomes a dead letter. A duration like "72h". Default 72h.
	// +optional
	// +kubebuilder:default="72h"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('8760h')",message="must be a duration between 1s and 8760h, like 30m or 72h"
	MaxAge Duration `json:"maxAge,omitempty"`
	// maxAttempts is how often an event is tried at most, for example 100; then it
	// becomes a dead letter. Default: as often as maxAge allows.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	MaxAttempts int32 `json:"maxAttempts,omitempty"`
}

// Backoff is the pause between two attempts.
//
// +kubebuilder:validation:XValidation:rule="!has(self.initial) || !has(self.max) || ![self.initial, self.max].all(d, d.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$')) || duration(self.initial) <= duration(self.max)",message="initial must not be longer than max, which is 10m where it is not given"
type Backoff struct {
	// initial is the longest pause after the first failure, as a duration like
	// "1s". Default 1s.
	// +optional
	// +kubebuilder:default="1s"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('10ms') && duration(self) <= duration('1h')",message="must be a duration between 10ms and 1h, like 500ms or 1s"
	Initial Duration `json:"initial,omitempty"`
	// max is the longest pause ever, as a duration like "10m". Default 10m.
	// +optional
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('10ms') && duration(self) <= duration('24h')",message="must be a duration between 10ms and 24h, like 10m or 1h30m"
	Max Duration `json:"max,omitempty"`
}
