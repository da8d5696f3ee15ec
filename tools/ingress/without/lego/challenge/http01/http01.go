// SPDX-License-Identifier: Apache-2.0

// Package http01 is about proofs by HTTP.
package http01

import "time"

// PathPrefix is where proofs are looked for.
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption changes how a proof is made.
type ChallengeOption struct{}

// SetDelay does nothing.
func SetDelay(time.Duration) (o ChallengeOption) { return o }
