// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/http"
	"slices"
	"strings"
)

// notForwarded are headers of the original request that say nothing about the event: they belong to its connection
// (RFC 9110 §7.6.1), to its way to the receiver, or to the receiver as its target. Credentials are among the latter: a
// sink has those of its configuration only.
var notForwarded = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Expect", "Accept-Encoding", "Authorization", "Cookie",
	"Forwarded", "Via", "X-Real-Ip",
}

// Forwarded returns the headers of an original request that go on to a sink. The result is new, its values are shared.
func Forwarded(header http.Header) http.Header {
	connection := strings.Split(strings.Join(header.Values("Connection"), ","), ",")
	kept := make(http.Header, len(header))
	for name, values := range header {
		if forwarded(name, connection) {
			kept[name] = values
		}
	}
	return kept
}

func forwarded(name string, connection []string) bool {
	if slices.Contains(notForwarded, name) || strings.HasPrefix(name, "X-Forwarded-") {
		return false
	}
	return !slices.ContainsFunc(connection, func(option string) bool {
		return strings.EqualFold(strings.TrimSpace(option), name)
	})
}
