// SPDX-License-Identifier: Apache-2.0

// Package handover moves what a receiver could not deliver before its end to another receiver of the same webhook.
//
// What goes in are the events and dead letters that are left in a queue; what comes out are requests to the webhook's own
// address, where whichever receiver answers stores them. Each is the request as SuperOffice sent it, with its body and its
// signature, and with a note beside it: which sinks have not got the event, since when its age counts, why it is a dead
// letter, and of which generation the sender's configuration is. The note has a signature of its own over note and body,
// made with a key that only holders of the shared secret can derive. So nobody else can write one, and what was signed with a
// secret that has been replaced since is still taken over. A receiver that cannot read the note, such as one of an older
// version, sees an ordinary request, and verifies and stores it for all sinks.
//
// It promises that an event is removed from the queue only after another receiver has stored it, or knows by a configuration
// no older than ours that nobody wants it any more. One whose older configuration lacks a sink or the event is asked again,
// until it has ours. An answer that is lost has the same event sent again, which is recognised. It never follows redirects, and
// never says why a note was refused.
package handover
