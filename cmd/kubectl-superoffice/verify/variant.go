// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
)

// variant is another form of a signature, a secret, a body or the algorithm.
type variant[T any] struct {
	value T
	// says what it would mean if it were the one: a part of a sentence. Empty for the form that is right.
	says string
}

// algorithm makes a MAC.
type algorithm func(secret, body []byte) []byte

func hmacOf(newHash func() hash.Hash) algorithm {
	return func(secret, body []byte) []byte {
		h := hmac.New(newHash, secret)
		h.Write(body)
		return h.Sum(nil)
	}
}

func sumOf(parts func(secret, body []byte) [][]byte) algorithm {
	return func(secret, body []byte) []byte {
		sum := sha256.Sum256(slices.Concat(parts(secret, body)...))
		return sum[:]
	}
}

// algorithms are SuperOffice's, and those that other senders and home-made proxies use.
var algorithms = []variant[algorithm]{
	{hmacOf(sha256.New), ""},
	{hmacOf(sha512.New), "it was made with HMAC-SHA512, SuperOffice uses HMAC-SHA256"},
	{hmacOf(sha512.New384), "it was made with HMAC-SHA384, SuperOffice uses HMAC-SHA256"},
	{sumOf(func(secret, body []byte) [][]byte { return [][]byte{secret, body} }), "it is a plain SHA-256 over the secret and the body, not an HMAC"},
	{sumOf(func(secret, body []byte) [][]byte { return [][]byte{body, secret} }), "it is a plain SHA-256 over the body and the secret, not an HMAC"},
	{sumOf(func(_, body []byte) [][]byte { return [][]byte{body} }), "it is a plain SHA-256 of the body: no secret is in it"},
	{func(secret, body []byte) []byte { return hmacOf(sha256.New)(body, secret) }, "the secret and the body were swapped when it was made"},
}
