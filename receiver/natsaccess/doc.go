// SPDX-License-Identifier: Apache-2.0

// Package natsaccess says how to get into a NATS system: where its servers are, who we are, whom to trust. What keeps
// events in NATS and what sends them there have that in common; what they do with the connection is theirs.
//
// In goes an Access; out come options for nats.Connect, which ask for the Access anew with each connection, so that
// changed credentials and certificates can be taken over without opening anything anew. No error tells a secret.
package natsaccess
