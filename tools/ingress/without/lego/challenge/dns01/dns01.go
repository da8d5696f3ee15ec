// SPDX-License-Identifier: Apache-2.0

// Package dns01 is about proofs by DNS.
package dns01

import (
	"strings"
	"time"
)

type (
	// Options are those of a client.
	Options struct{ RecursiveNameservers []string }
	// Client asks servers.
	Client struct{}
	// ChallengeOption changes how a proof is made.
	ChallengeOption struct{}
)

// NewClient makes one.
func NewClient(*Options) *Client { return nil }

// SetDefaultClient does nothing.
func SetDefaultClient(*Client) {}

// CondOptions does nothing.
func CondOptions(bool, ...ChallengeOption) (o ChallengeOption) { return o }

// DisableAuthoritativeNssPropagationRequirement does nothing.
func DisableAuthoritativeNssPropagationRequirement() (o ChallengeOption) { return o }

// DisableRecursiveNSsPropagationRequirement does nothing.
func DisableRecursiveNSsPropagationRequirement() (o ChallengeOption) { return o }

// PropagationWait does nothing.
func PropagationWait(time.Duration, bool) (o ChallengeOption) { return o }

// UnFqdn removes the dot at the end of a name.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
