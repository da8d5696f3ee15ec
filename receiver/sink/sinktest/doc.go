// SPDX-License-Identifier: Apache-2.0

// Package sinktest is what the tests of several kinds of sinks share: certificates, servers that say nothing, and what is
// expected of an attempt. Only tests import it.
package sinktest
