// SPDX-License-Identifier: Apache-2.0

// Package verify is "kubectl superoffice verify": why does this signature not match?
//
// In go a body as it was received, the value of the header X-SuperOffice-Signature, and the secrets: those of a
// SuperOfficeWebhook or one given. It tries what is known to go wrong between a sender and a receiver: other readings of the
// signature, other forms of the secret, other forms of the body, and two of these at a time. Out comes which of them gives
// the signature, as a sentence with what to do.
//
// It never prints the expected signature, a secret, or anything that could be computed from one: a signature for a body of
// one's choice is what an attacker lacks.
package verify
