// SPDX-License-Identifier: Apache-2.0

// Package superoffice is the wire format of SuperOffice CRM's webhooks: what a delivery looks like, how it is signed and
// how its event is read. It depends on nothing but the standard library and is meant to be imported by anybody who
// receives SuperOffice's webhooks.
//
// In go the exact bytes of a request's body and its signature header; out come a verified signature and an Event. A
// receiver verifies first and parses second:
//
//	if _, err := superoffice.Verify(secrets, body, r.Header.Get(superoffice.HeaderSignature)); err != nil {
//		http.Error(w, "signature refused", http.StatusUnauthorized)
//		return
//	}
//	event, err := superoffice.Parse(body)
//
// The signature covers the body only, so nothing that a receiver relies on may come from another header. Parse is
// tolerant where SuperOffice's documentation and samples are (unknown keys, absent keys, odd dates) and never panics,
// whatever the input. Nothing here prints a secret.
//
// Sources: https://docs.superoffice.com/en/automation/webhook/ and the pages named at each identifier.
package superoffice
