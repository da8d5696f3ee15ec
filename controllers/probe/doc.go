// SPDX-License-Identifier: Apache-2.0

// Package probe posts a test event to a webhook's URL, as SuperOffice does when somebody saves a webhook there, and says in
// words that stay the same from one attempt to the next what came of it.
//
// In go a URL and the shared secret, out comes a Result. The URL is made from what tenants write, and the operator has other
// places in its reach than they have. So nothing of an answer is told but its status; no redirect is followed; time and
// what is read have limits; and the machine's own addresses and its cloud's are not connected to. The secret signs and is
// forgotten.
package probe
