// SPDX-License-Identifier: Apache-2.0

// Bench measures the receiver as a process, the way it runs in a pod, and says what the machine could do at best beside it:
// every figure about speed stands beside one of a server that does less, measured in the same minutes on the same core.
//
// Servers run on the first processor and whoever talks to them on another, so that the load does not compete with what it
// measures. With one processor only they share it, and it says so.
//
// It prints tables, and with -write DIR leaves them there as a page with plots.
package main
