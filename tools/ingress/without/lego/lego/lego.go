// SPDX-License-Identifier: Apache-2.0

// Package lego is a client that never comes to be.
package lego

import (
	"crypto/x509"
	"net/http"

	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/registration"
)

// DirectoryURLLetsEncrypt is no address.
const DirectoryURLLetsEncrypt = ""

type (
	// Config is that of a client.
	Config struct {
		CADirURL, UserAgent string
		HTTPClient          *http.Client
		Certificate         certificate.Options
	}
	// Client would ask an authority.
	Client struct {
		Certificate  certificate.Certifier
		Challenge    challenges
		Registration registration.Registrar
	}
	challenges struct{}
)

// NewConfig makes one.
func NewConfig(any) *Config { return &Config{} }

// NewClient fails.
func NewClient(*Config) (*Client, error) { return nil, certificate.ErrLeftOut }

// CreateCertPool fails.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, certificate.ErrLeftOut }

func (challenges) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return certificate.ErrLeftOut
}

func (challenges) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return certificate.ErrLeftOut
}

func (challenges) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return certificate.ErrLeftOut
}
