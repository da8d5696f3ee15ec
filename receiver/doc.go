// SPDX-License-Identifier: Apache-2.0

// Package receiver is the data plane: it receives SuperOffice's webhooks, stores each event before it answers, and
// delivers it to the sinks. It runs with or without Kubernetes.
//
// In goes the path of a configuration file (package config) and a directory for the queue, which can be in a cluster of
// NATS JetStream instead; Run does the rest until its context ends. The configuration and the files with secrets that it
// names are watched and taken over in place. What can't be taken over, because it is broken, changes nothing and is told in
// the log and in /status.
//
// A Receiver is the process: two servers, and the order in which things begin and end. Behind it stands one webhook, or a
// pool of many, which has a member for each folder of a folder. A webhook is everything that is of one: its configuration in
// force, its queue, what requests are held against, and who delivers. Members share the queue's engine and the room for
// requests, and nothing else; docs/pools.md says what that means.
//
// The parts, in the order in which an event passes them: intake verifies and answers, queue keeps, delivery decides when
// to try, sink sends; admin tells about all of it.
package receiver
