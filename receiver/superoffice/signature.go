// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
)

// The headers of a delivery (https://docs.superoffice.com/en/automation/webhook/dev/notification.html). Only the body is
// signed: none of them can be trusted, not even on a request whose signature verifies.
const (
	// HeaderEvent holds the name of the event, like "activity.created".
	HeaderEvent = "X-SuperOffice-Event"
	// HeaderEventID holds the GUID of the event.
	HeaderEventID = "X-SuperOffice-EventId"
	// HeaderSignature holds the signature; it is absent when the webhook has no secret.
	HeaderSignature = "X-SuperOffice-Signature"
	// HeaderRetry holds the number of the retry, where SuperOffice sends it.
	HeaderRetry = "X-SuperOffice-Retry"
	// HeaderTest is "true" on test events
	// (https://docs.superoffice.com/en/automation/webhook/reference/test-event.html).
	HeaderTest = "X-Hook-Test"
)

// Why a signature was refused.
var (
	// ErrNoSignature: the header is absent or empty.
	ErrNoSignature = errors.New("the request has no signature")
	// ErrMalformedSignature: the header is not the base64 form of 32 bytes, so no secret can have made it.
	ErrMalformedSignature = errors.New("the signature is not base64 of 32 bytes")
	// ErrSignatureMismatch: none of the secrets made this signature for this body.
	ErrSignatureMismatch = errors.New("the signature does not match the body")
)

// Secret is the shared secret of a webhook: the exact text of the field "Secret" in SuperOffice as UTF-8, never decoded.
// It prints as "[redacted]" in every form that fmt, log/slog and encoding/json know.
type Secret struct {
	// bytes is a function because fmt prints the unexported fields of a struct without asking Format: a struct that
	// holds a Secret in one shows an address. A function also rules out ==, which would take a telling time.
	bytes func() []byte
}

// NewSecret makes a secret from its bytes, which it copies.
func NewSecret(value []byte) Secret {
	value = bytes.Clone(value)
	return Secret{bytes: func() []byte { return value }}
}

// Derive makes a key for a purpose of one's own. What is signed with it is never a signature of the secret itself, nor of a
// key for another purpose, unless SuperOffice signs a body that is exactly the text of the purpose.
func (s Secret) Derive(purpose string) Secret { return NewSecret([]byte(Sign(s, []byte(purpose)))) }

func (s Secret) key() []byte {
	if s.bytes == nil {
		return nil
	}
	return s.bytes()
}

const redacted = "[redacted]"

// Len is the length of the secret in bytes. SuperOffice allows up to 400 characters.
func (s Secret) Len() int { return len(s.key()) }

// Equal compares in constant time.
func (s Secret) Equal(other Secret) bool { return hmac.Equal(s.key(), other.key()) }

// String implements fmt.Stringer without telling the secret.
func (Secret) String() string { return redacted }

// Format implements fmt.Formatter without telling the secret, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer without telling the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, and so JSON, without telling the secret.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Sign returns the signature of a body: base64(HMAC-SHA256(secret, body)), in the standard alphabet with padding, 44
// characters (https://docs.superoffice.com/en/automation/webhook/dev/security.html).
func Sign(secret Secret, body []byte) string {
	return base64.StdEncoding.EncodeToString(mac(secret, body))
}

// Verify tells which of the secrets signed the body, by its index. White space and line ends of the body count: it must
// be given byte for byte as received.
//
// Every secret is tried, and compared in constant time, so that the time taken tells neither how much of a signature was
// right nor which secret made it. An empty secret verifies nothing.
//
// The error is ErrNoSignature, ErrMalformedSignature or ErrSignatureMismatch, with the index -1.
func Verify(secrets []Secret, body []byte, signature string) (int, error) {
	if signature == "" {
		return -1, ErrNoSignature
	}
	given, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil || len(given) != sha256.Size || len(signature) != base64.StdEncoding.EncodedLen(sha256.Size) {
		return -1, ErrMalformedSignature
	}
	found := -1
	for i, secret := range secrets {
		equal := hmac.Equal(given, mac(secret, body))
		if equal && found < 0 && secret.Len() > 0 {
			found = i
		}
	}
	if found < 0 {
		return -1, ErrSignatureMismatch
	}
	return found, nil
}

func mac(secret Secret, body []byte) []byte {
	h := hmac.New(sha256.New, secret.key())
	h.Write(body)
	return h.Sum(nil)
}
