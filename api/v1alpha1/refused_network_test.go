// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "slices"

// refusedNetworks are wrong in what they say of the network: at each of the places where peers stand.
var refusedNetworks = slices.Concat(
	peersAt("spec.receiver.networkPolicy.intake.from"),
	peersAt("spec.receiver.networkPolicy.admin.from"),
	peersAt("spec.receiver.networkPolicy.egress.to"),
	[]refusal{
		{"an intake from nobody", set{"spec.receiver.networkPolicy.intake", "{from: []}"}, "spec.receiver.networkPolicy.intake.from in body should have at least 1 items"},
		{"an intake from where is not said", set{"spec.receiver.networkPolicy.intake", "{}"}, "spec.receiver.networkPolicy.intake.from: Required value"},
		{"an admin port for nobody", set{"spec.receiver.networkPolicy.admin", "{from: []}"}, "spec.receiver.networkPolicy.admin.from in body should have at least 1 items"},
		{"an admin port for whom is not said", set{"spec.receiver.networkPolicy.admin", "{}"}, "spec.receiver.networkPolicy.admin.from: Required value"},
	},
)

func peersAt(at string) []refusal {
	const either = "either ipBlock must be set, or podSelector, namespaceSelector or both"
	sixteen := list(17, "192.0.2.%d/32")
	return []refusal{
		{"too many peers in " + at, set{at, list(33, "{podSelector: {matchLabels: {n: a%d}}}")}, at + ": Too many: 33"},
		{"a peer of no kind in " + at, set{at, "[{}]"}, at + "[0]: Invalid value: " + either},
		{"a peer of two kinds in " + at, set{at, "[{ipBlock: {cidr: 192.0.2.0/24}, namespaceSelector: {}}]"}, either},
		{"a peer by an expression in " + at, set{at, "[{podSelector: {matchExpressions: []}}]"}, `unknown field "` + at + `[0].podSelector.matchExpressions"`},
		{"a peer with too many labels in " + at, set{at, "[{podSelector: {matchLabels: " + labels(17) + "}}]"}, at + "[0].podSelector.matchLabels: Too many: 17"},
		{"a namespace with too many labels in " + at, set{at, "[{namespaceSelector: {matchLabels: " + labels(17) + "}}]"}, at + "[0].namespaceSelector.matchLabels: Too many: 17"},
		{"no range in " + at, set{at, "[{ipBlock: {}}]"}, at + "[0].ipBlock.cidr: Required value"},
		{"an address instead of a range in " + at, set{at, "[{ipBlock: {cidr: 192.0.2.1}}]"}, at + `[0].ipBlock.cidr: Invalid value: "192.0.2.1": must be a range of addresses, like 192.0.2.0/24 or 2001:db8::/32`},
		{"a range that is too long in " + at, set{at, "[{ipBlock: {cidr: " + text(65) + "}}]"}, at + "[0].ipBlock.cidr: Too long"},
		{"a gap that is no range in " + at, set{at, "[{ipBlock: {cidr: 192.0.2.0/24, except: [x]}}]"}, at + `[0].ipBlock.except[0]: Invalid value: "x": must be a range of addresses`},
		{"a gap that is too long in " + at, set{at, "[{ipBlock: {cidr: 192.0.2.0/24, except: [" + text(65) + "]}}]"}, at + "[0].ipBlock.except[0]: Too long"},
		{"a gap twice in " + at, set{at, "[{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.1/32, 192.0.2.1/32]}}]"}, at + "[0].ipBlock.except[1]: Duplicate value"},
		{"too many gaps in " + at, set{at, "[{ipBlock: {cidr: 192.0.2.0/24, except: " + sixteen + "}}]"}, at + "[0].ipBlock.except: Too many: 17"},
	}
}

// labels are so many.
func labels(n int) string {
	f := fields{}
	for i := range n {
		f[string(rune('a'+i))] = "x"
	}
	return f.String()
}
