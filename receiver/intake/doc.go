// SPDX-License-Identifier: Apache-2.0

// Package intake is the HTTP handler that faces SuperOffice: it verifies, stores and answers.
//
// In go requests; out come answers, and through the Store verified messages. What SuperOffice is told:
//
//	valid signature, subscribed event, stored            200
//	the same event again                                 200, stored once
//	valid, but of no wanted event, tenant or associate   200, not stored
//	test event: X-Hook-Test: true, or Event "test"       200, verified when signed, never stored
//	valid signature, body that holds no event            200, kept as a dead letter: it is authentic
//	signature missing, malformed or wrong                401
//	body over the limit                                  413, before more is read
//	body compressed                                      415: the signature covers the bytes as sent
//	body cut off                                         400
//	body over 16 KiB while too many such are held        503
//	more requests of one webhook of many than its share  503
//	not POST                                             405
//	other path                                           404
//	the queue cannot store                               503
//
// What it promises: 200 for an event that is wanted is written after the event was stored, never before. What it never
// does: answer 410, which disables a webhook at once, answer with a redirect, or tell anything about the signature that
// it expected. A header decides nothing but whether a request is a test, for no header is signed; and whoever could add
// that one on the way could also keep the request from arriving. docs/intake.md has all answers, made from the corpus of
// hostile requests that the tests send.
package intake
