// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"errors"
	"strings"

	"github.com/superoffice-webhook/operator/receiver/sink/format"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// maxSubject bounds what is configured, and maxValue what comes from a body. A server ends the connection, and with it
	// all other attempts, when a line of the protocol is longer than 4096 bytes.
	maxSubject = 512
	maxValue   = 128
)

// subject fills a subject's placeholders in.
func subject(template string, e *superoffice.Event) string { return format.Fill(template, e, maxValue) }

// validateSubject says why nothing can be published to a subject.
func validateSubject(template string) error {
	if template == "" || len(template) > maxSubject {
		return errors.New("it must have 1 to 512 characters")
	}
	filled := subject(template, &superoffice.Event{Name: "a.b", ContextIdentifier: "c", Entity: "d"})
	switch {
	case strings.ContainsAny(filled, "{}"):
		return errors.New("its placeholders are {event}, {tenant} and {entity}")
	case strings.ContainsFunc(filled, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return errors.New("it holds white space or a control character")
	case strings.ContainsAny(filled, "*>"):
		return errors.New("it holds a wildcard, and what is published has one subject")
	case strings.HasPrefix(filled, "$"):
		return errors.New("subjects that begin with $ belong to the server")
	case strings.Contains("."+filled+".", ".."):
		return errors.New("it has an empty token")
	}
	return nil
}
