// SPDX-License-Identifier: Apache-2.0

// Package challenge has the ways to prove that a domain is one's own.
package challenge

import (
	"context"
	"time"
)

// Provider proves it.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}

// ProviderTimeout is a provider that says how long it may take.
type ProviderTimeout interface {
	Provider
	Timeout() (timeout, interval time.Duration)
}
