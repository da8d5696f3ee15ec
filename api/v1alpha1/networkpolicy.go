// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// NetworkPolicy restricts who reaches the receiver pods, and whom they reach.
// It needs a network that enforces such policies.
type NetworkPolicy struct {
	// intake says who may post events. Default: anybody. Receivers of the same
	// resource always may.
	// +optional
	Intake *NetworkSources `json:"intake,omitempty"`
	// admin says who may read metrics and manage dead letters at the admin port,
	// besides the operator, for example Prometheus. Default: nobody.
	// +optional
	Admin *NetworkSources `json:"admin,omitempty"`
	// egress restricts whom receivers reach: DNS, receivers of the same resource,
	// the pods of Services that sinks refer to, and those that it names. Sinks
	// with a URL, brokers and the collector of traces have to be among these.
	// Default: anybody.
	// +optional
	Egress *NetworkDestinations `json:"egress,omitempty"`
}

// NetworkSources are peers that may come in.
type NetworkSources struct {
	// from are the peers.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	From []NetworkPeer `json:"from"`
}

// NetworkDestinations are peers that may be reached.
type NetworkDestinations struct {
	// to are the peers. Default: none but those that are always reached.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	To []NetworkPeer `json:"to,omitempty"`
}

// NetworkPeer is a part of the network: a range of addresses, or pods by the
// labels of their own and of their namespace.
//
// +kubebuilder:validation:XValidation:rule="has(self.ipBlock) != (has(self.podSelector) || has(self.namespaceSelector))",message="either ipBlock must be set, or podSelector, namespaceSelector or both"
type NetworkPeer struct {
	// ipBlock is a range of addresses.
	// +optional
	IPBlock *IPBlock `json:"ipBlock,omitempty"`
	// podSelector selects pods by their labels, in the namespaces that
	// namespaceSelector selects. Default: all pods of these.
	// +optional
	PodSelector *LabelSelector `json:"podSelector,omitempty"`
	// namespaceSelector selects namespaces by their labels; {} selects all.
	// Default: the resource's own namespace.
	// +optional
	NamespaceSelector *LabelSelector `json:"namespaceSelector,omitempty"`
}

// IPBlock is a range of addresses with gaps.
type IPBlock struct {
	// cidr is the range, like 192.0.2.0/24 or 2001:db8::/32.
	// +required
	CIDR CIDR `json:"cidr"`
	// except are ranges within it that are left out. Default: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	Except []CIDR `json:"except,omitempty"`
}

// CIDR is a range of addresses, like 192.0.2.0/24.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="isCIDR(self)",message="must be a range of addresses, like 192.0.2.0/24 or 2001:db8::/32"
type CIDR string

// LabelSelector selects objects that have all of these labels.
type LabelSelector struct {
	// matchLabels are the labels, like {app: prometheus}. Default: none, which all
	// objects have.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	MatchLabels map[string]string `json:"matchLabels,omitempty"`
}
