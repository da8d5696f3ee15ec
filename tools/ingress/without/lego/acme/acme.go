// SPDX-License-Identifier: Apache-2.0

// Package acme has what Traefik keeps of an account.
package acme

// Account is one at an authority.
type Account struct{}

// ExtendedAccount is an account with its address.
type ExtendedAccount struct {
	Account
	Location string
}
