// SPDX-License-Identifier: Apache-2.0

// Package certificate has what Traefik asks for, and gets.
package certificate

import (
	"context"
	"errors"
	"time"

	"github.com/go-acme/lego/v5/certcrypto"
)

// ErrLeftOut is what everything here ends with.
var ErrLeftOut = errors.New("this Traefik is made without ACME")

// Resource is a certificate.
type Resource struct {
	ID                      string
	Domains                 []string
	PrivateKey, Certificate []byte
}

// ObtainRequest asks for a new one.
type ObtainRequest struct {
	Domains, EmailAddresses  []string
	Bundle, EnableCommonName bool
	Profile, PreferredChain  string
	KeyType                  certcrypto.KeyType
}

// RenewOptions ask for one more.
type RenewOptions struct {
	Bundle, EnableCommonName bool
	EmailAddresses           []string
	Profile, PreferredChain  string
}

// Options are those of all requests.
type Options struct{ Timeout time.Duration }

// Certifier asks an authority.
type Certifier struct{}

// Obtain fails.
func (Certifier) Obtain(context.Context, ObtainRequest) (*Resource, error) { return nil, ErrLeftOut }

// Renew fails.
func (Certifier) Renew(context.Context, Resource, *RenewOptions) (*Resource, error) {
	return nil, ErrLeftOut
}
