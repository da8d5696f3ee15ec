// SPDX-License-Identifier: Apache-2.0

// Package queue keeps events from the moment they are acknowledged to SuperOffice until every sink has them.
//
// Open makes it a NATS JetStream engine inside this process, without a listener, on a directory of its own; Serve makes such an
// engine for any number of queues, by the prefix of their names; Connect uses a JetStream cluster that is there already, see
// below. In go verified messages through Put; out they come through one Cursor
// per sink, each with a position of its own, so that a sink that is down holds up no other.
//
// What it promises: when Put returns without error, the message has been written to the file system (it survives
// SIGKILL of the process; the page cache holds it and, with config.Queue's Sync, the disk) or acknowledged by the cluster
// (most of its replicas have it), and every cursor that exists delivers it until it is acknowledged, at least once. A
// message with a key that was seen within the duplicate window is stored once.
//
// What it never does: drop the oldest to make room (Put fails with ErrFull instead), or forget a message because it was
// delivered to some. What cannot be delivered is moved to the dead letters, a second stream in the same directory,
// and from there back when asked to.
//
// # Streams
//
//	EVENTS  event.<event name>   as received, for every sink that wants the event
//	        replay.<sink>        a dead letter that was sent back, for this sink only
//	DEAD    dead.sink.<sink>     what a sink refused for good
//	        dead.intake          authentic requests that hold no event
//
// Acknowledgements remove nothing from EVENTS; the trimmer does, see trim.go. Each stream has room for config.Queue's
// MaxBytes, so the directory can take twice that, and somewhat more while the engine tidies up.
//
// # In a cluster
//
// Any number of receivers share one queue, by the prefix of its names: "crm" makes them crm-events and crm-dead, with the
// subjects crm.event.>, crm.replay.> and crm.dead.>. They share the cursors, too, so each message goes to one of them, and
// no order can be kept. Figures are those of the whole queue. Receivers need not have the same configuration all the time:
// limits of the streams only grow, what any cursor needs is kept, and a cursor goes when nobody has read from it for
// ten minutes. While the cluster is away, Put fails and Healthy says why.
//
// # What a lost machine leaves
//
// With config.Queue's Sync, every message that was acknowledged. The positions of cursors may be older, by what was
// acknowledged since the last message was stored; so some come again.
//
// # What a killed process leaves
//
// Every message that was acknowledged, and of each cursor the position, the attempts and the pauses of a tenth of a
// second ago: so often the engine writes them down. What a sink took in that last moment is delivered to it once more;
// what was on its way comes again within ackWait. Should a pause be asked for in that moment, it is forgotten.
package queue
