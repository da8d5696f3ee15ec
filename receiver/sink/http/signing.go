// SPDX-License-Identifier: Apache-2.0

package http

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// signer signs requests as Standard Webhooks says
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), once with each key: a
// consumer accepts a request when one of the signatures is made with the key that it has.
type signer []*standardwebhooks.Webhook

// newSigner reads keys: base64, with or without "whsec_" in front. The error tells which is none, and nothing of it.
func newSigner(keys []string) (signer, error) {
	var s signer
	for i, key := range keys {
		w, err := standardwebhooks.NewWebhook(strings.TrimSpace(key))
		if err != nil || len(strings.TrimSpace(key)) == 0 {
			return nil, fmt.Errorf(`signing key %d is not base64 (with or without "whsec_" in front)`, i+1)
		}
		s = append(s, w)
	}
	return s, nil
}

// sign sets the three headers. The timestamp is that of the attempt, since consumers refuse old ones.
func (s signer) sign(header http.Header, id string, body []byte, now time.Time) error {
	if len(s) == 0 {
		return nil
	}
	var signatures []string
	for _, key := range s {
		signature, err := key.Sign(id, now, body)
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		signatures = append(signatures, signature)
	}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}
