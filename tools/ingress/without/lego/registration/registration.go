// SPDX-License-Identifier: Apache-2.0

// Package registration is about accounts.
package registration

import (
	"context"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
)

type (
	// RegisterOptions ask for an account.
	RegisterOptions struct{ TermsOfServiceAgreed bool }
	// RegisterEABOptions ask for an account by another one.
	RegisterEABOptions struct {
		TermsOfServiceAgreed bool
		Kid, HmacEncoded     string
	}
	// Registrar asks for accounts.
	Registrar struct{}
)

// Register fails.
func (Registrar) Register(context.Context, RegisterOptions) (*acme.ExtendedAccount, error) {
	return nil, certificate.ErrLeftOut
}

// RegisterWithExternalAccountBinding fails.
func (Registrar) RegisterWithExternalAccountBinding(context.Context, RegisterEABOptions) (*acme.ExtendedAccount, error) {
	return nil, certificate.ErrLeftOut
}
