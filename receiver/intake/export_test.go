// SPDX-License-Identifier: Apache-2.0

package intake

// LimitRequests is tried with a limit that tests can reach.
var LimitRequests = limitRequests
