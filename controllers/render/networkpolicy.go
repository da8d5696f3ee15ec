// SPDX-License-Identifier: Apache-2.0

package render

import (
	"slices"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// Pods are pods of some namespace by their labels.
type Pods struct {
	Namespace string
	Labels    map[string]string
}

// networkPolicy is nil unless one is asked for. Kubelet's probes need no rule: what comes from a pod's own node is
// always let in.
func networkPolicy(r *receivers, o Options, deliverTo []Target) *networkingv1.NetworkPolicyApplyConfiguration {
	in := r.shape.NetworkPolicy
	if in == nil {
		return nil
	}
	spec := networkingv1.NetworkPolicySpec().
		WithPodSelector(metav1.LabelSelector().WithMatchLabels(r.selector)).
		WithPolicyTypes(networking.PolicyTypeIngress).
		WithIngress(intakeRule(r, in.Intake))
	if from := adminPeers(in.Admin, o.Manager); len(from) > 0 {
		spec.WithIngress(networkingv1.NetworkPolicyIngressRule().WithPorts(networkPorts(core.ProtocolTCP, AdminPort)...).WithFrom(from...))
	}
	if in.Egress != nil {
		spec.WithPolicyTypes(networking.PolicyTypeEgress).WithEgress(egressRules(r, in.Egress, deliverTo)...)
	}
	return networkingv1.NetworkPolicy(r.name, r.namespace).
		WithLabels(objectLabels(r.selector, o)).
		WithOwnerReferences(r.owners...).
		WithSpec(spec)
}

// intakeRule lets receivers in wherever there is a restriction: they hand over what they could not deliver.
func intakeRule(r *receivers, in *v1alpha1.NetworkSources) *networkingv1.NetworkPolicyIngressRuleApplyConfiguration {
	rule := networkingv1.NetworkPolicyIngressRule().WithPorts(networkPorts(core.ProtocolTCP, IntakePort)...)
	if in == nil {
		return rule // from anybody
	}
	return rule.WithFrom(podsOf(r)).WithFrom(peers(in.From)...)
}

// adminPeers are the operator, where it knows who it is, and those that the resource names.
func adminPeers(in *v1alpha1.NetworkSources, manager Pods) []*networkingv1.NetworkPolicyPeerApplyConfiguration {
	var from []*networkingv1.NetworkPolicyPeerApplyConfiguration
	if manager.Namespace != "" {
		from = append(from, networkingv1.NetworkPolicyPeer().
			WithNamespaceSelector(metav1.LabelSelector().WithMatchLabels(map[string]string{core.LabelMetadataName: manager.Namespace})).
			WithPodSelector(metav1.LabelSelector().WithMatchLabels(manager.Labels)))
	}
	if in != nil {
		from = append(from, peers(in.From)...)
	}
	return from
}

// egressRules name whom receivers reach. Rules see the ports of pods, not of Services: OpenShift's DNS has 5353.
func egressRules(r *receivers, in *v1alpha1.NetworkDestinations, deliverTo []Target) []*networkingv1.NetworkPolicyEgressRuleApplyConfiguration {
	dns := slices.Concat(networkPorts(core.ProtocolUDP, 53, 5353), networkPorts(core.ProtocolTCP, 53, 5353))
	rules := []*networkingv1.NetworkPolicyEgressRuleApplyConfiguration{
		networkingv1.NetworkPolicyEgressRule().WithPorts(dns...),
		networkingv1.NetworkPolicyEgressRule().WithPorts(networkPorts(core.ProtocolTCP, IntakePort)...).WithTo(podsOf(r)),
	}
	var to []*networkingv1.NetworkPolicyPeerApplyConfiguration
	for _, target := range deliverTo {
		if pods := target.Pods; len(pods) > 0 {
			to = append(to, networkingv1.NetworkPolicyPeer().WithPodSelector(metav1.LabelSelector().WithMatchLabels(pods)))
		}
	}
	if to = append(to, peers(in.To)...); len(to) > 0 { // a rule without peers would be one for everybody
		rules = append(rules, networkingv1.NetworkPolicyEgressRule().WithTo(to...))
	}
	return rules
}

func podsOf(r *receivers) *networkingv1.NetworkPolicyPeerApplyConfiguration {
	return networkingv1.NetworkPolicyPeer().WithPodSelector(metav1.LabelSelector().WithMatchLabels(r.selector))
}

func networkPorts(protocol core.Protocol, numbers ...int32) []*networkingv1.NetworkPolicyPortApplyConfiguration {
	var ports []*networkingv1.NetworkPolicyPortApplyConfiguration
	for _, n := range numbers {
		ports = append(ports, networkingv1.NetworkPolicyPort().WithProtocol(protocol).WithPort(intstr.FromInt32(n)))
	}
	return ports
}

func peers(in []v1alpha1.NetworkPeer) []*networkingv1.NetworkPolicyPeerApplyConfiguration {
	var all []*networkingv1.NetworkPolicyPeerApplyConfiguration
	for _, p := range in {
		peer := networkingv1.NetworkPolicyPeer()
		if b := p.IPBlock; b != nil {
			block := networkingv1.IPBlock().WithCIDR(string(b.CIDR))
			for _, gap := range b.Except {
				block.WithExcept(string(gap))
			}
			peer.WithIPBlock(block)
		}
		if p.PodSelector != nil {
			peer.WithPodSelector(metav1.LabelSelector().WithMatchLabels(p.PodSelector.MatchLabels))
		}
		if p.NamespaceSelector != nil {
			peer.WithNamespaceSelector(metav1.LabelSelector().WithMatchLabels(p.NamespaceSelector.MatchLabels))
		}
		all = append(all, peer)
	}
	return all
}
