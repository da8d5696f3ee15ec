// SPDX-License-Identifier: Apache-2.0

// Package tlsalpn01 is about proofs by TLS.
package tlsalpn01

import (
	"time"

	"github.com/go-acme/lego/v5/certificate"
)

// ACMETLS1Protocol is the protocol by which a proof is asked for.
const ACMETLS1Protocol = "acme-tls/1"

// ChallengeOption changes how a proof is made.
type ChallengeOption struct{}

// SetDelay does nothing.
func SetDelay(time.Duration) (o ChallengeOption) { return o }

// ChallengeBlocks fails.
func ChallengeBlocks(string, string) (cert, key []byte, err error) {
	return nil, nil, certificate.ErrLeftOut
}
