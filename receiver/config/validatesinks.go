// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"net"
	"net/textproto"
	"slices"
	"strings"
)

// validator is what all kinds of sinks have in common.
type validator interface{ validate(p *problems, at string) }

// validateKind makes sure that there is one, and looks at it.
func (s *Sink) validateKind(p *problems, at string) {
	kinds := map[string]validator{}
	if s.HTTP != nil {
		kinds[at+".http"] = s.HTTP
	}
	if s.Kafka != nil {
		kinds[at+".kafka"] = s.Kafka
	}
	if s.NATS != nil {
		kinds[at+".nats"] = s.NATS
	}
	if s.RabbitMQ != nil {
		kinds[at+".rabbitMQ"] = s.RabbitMQ
	}
	if s.Redis != nil {
		kinds[at+".redis"] = s.Redis
	}
	if s.Log != nil {
		kinds[at+".log"] = s.Log
	}
	if len(kinds) != 1 {
		p.add(at, "must have exactly one kind: http, kafka, nats, rabbitMQ, redis or log")
	}
	for _, at := range slices.Sorted(maps.Keys(kinds)) { // the same error each time
		kinds[at].validate(p, at)
	}
	if s.HTTP != nil && (s.HTTP.URL != "" || s.WaitingFor == "") {
		p.url(at+".http.url", s.HTTP.URL, "http", "https")
	}
}

func (h *HTTP) validate(p *problems, at string) {
	p.timeout(at+".timeout", h.Timeout)
	h.TLS.validate(p, at+".tls")
	h.Auth.validate(p, at+".auth")
	for i, file := range h.SigningKeyFiles {
		p.required(fmt.Sprintf("%s.signingKeyFiles[%d]", at, i), string(file))
	}
	for i, header := range h.Headers {
		header.validate(p, fmt.Sprintf("%s.headers[%d]", at, i))
	}
}

func (h *Header) validate(p *problems, at string) {
	if !headerName.MatchString(h.Name) {
		p.add(at+".name", "must be the name of an HTTP header, not %q", h.Name)
	}
	if slices.Contains(connectionHeaders, textproto.CanonicalMIMEHeaderKey(h.Name)) {
		p.add(at+".name", "must not be a header of the connection, as %q is", h.Name)
	}
	if (h.Value != nil) == (h.File != "") {
		p.add(at, "must have exactly one of value and file")
	}
	if h.Value != nil && strings.ContainsFunc(*h.Value, isControl) {
		p.add(at+".value", "must not contain line breaks or other control characters")
	}
}

func (a *HTTPAuth) validate(p *problems, at string) {
	if a == nil {
		return
	}
	ways := 0
	for _, given := range []bool{a.BearerFile != "", a.Basic != nil, a.OAuth2 != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		p.add(at, "must have exactly one of bearerFile, basic and oauth2")
	}
	a.Basic.validate(p, at+".basic")
	if o := a.OAuth2; o != nil {
		p.url(at+".oauth2.tokenURL", o.TokenURL, "http", "https")
		p.required(at+".oauth2.clientID", o.ClientID)
		p.required(at+".oauth2.clientSecretFile", string(o.ClientSecretFile))
	}
}

func (u *UserPassword) validate(p *problems, at string) {
	if u == nil {
		return
	}
	p.required(at+".username", u.Username)
	p.required(at+".passwordFile", string(u.PasswordFile))
}

func (t *TLS) validate(p *problems, at string) {
	if t != nil && (t.CertificateFile == "") != (t.KeyFile == "") {
		p.add(at, "must have both certificateFile and keyFile, or neither")
	}
}

func (k *Kafka) validate(p *problems, at string) {
	p.servers(at+".brokers", k.Brokers)
	p.required(at+".topic", k.Topic)
	if (k.Mechanism == "") != (k.Auth == nil) {
		p.add(at, "must have both mechanism and auth, or neither")
	}
	if k.Mechanism != "" && !slices.Contains([]string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}, k.Mechanism) {
		p.add(at+".mechanism", "must be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, not %q", k.Mechanism)
	}
	k.Auth.validate(p, at+".auth")
	k.TLS.validate(p, at+".tls")
	p.timeout(at+".timeout", k.Timeout)
}

func (n *NATS) validate(p *problems, at string) {
	p.natsServers(at+".urls", n.URLs)
	if n.Subject == "" || strings.ContainsAny(n.Subject, " \t\r\n*>") {
		p.add(at+".subject", "must be a subject without white space, '*' and '>', not %q", n.Subject)
	}
	n.TLS.validate(p, at+".tls")
	p.timeout(at+".timeout", n.Timeout)
}

func (p *problems) natsServers(at string, urls []string) {
	if len(urls) == 0 {
		p.add(at, "must name at least one server")
	}
	for i, u := range urls {
		p.url(fmt.Sprintf("%s[%d]", at, i), u, "nats", "tls")
	}
}

func (r *RabbitMQ) validate(p *problems, at string) {
	p.server(at+".address", r.Address)
	if r.Auth == nil {
		p.add(at+".auth", "must not be empty")
	}
	r.Auth.validate(p, at+".auth")
	r.TLS.validate(p, at+".tls")
	p.timeout(at+".timeout", r.Timeout)
}

func (r *Redis) validate(p *problems, at string) {
	p.server(at+".address", r.Address)
	p.required(at+".stream", r.Stream)
	if r.MaxLength < 0 {
		p.add(at+".maxLength", "must not be below 0, as %d is", r.MaxLength)
	}
	if r.Database < 0 {
		p.add(at+".database", "must not be below 0, as %d is", r.Database)
	}
	r.Auth.validate(p, at+".auth")
	r.TLS.validate(p, at+".tls")
	p.timeout(at+".timeout", r.Timeout)
}

func (*Log) validate(*problems, string) {}

func (p *problems) servers(at string, addresses []string) {
	if len(addresses) == 0 {
		p.add(at, "must name at least one server")
	}
	for i, address := range addresses {
		p.server(fmt.Sprintf("%s[%d]", at, i), address)
	}
}

// server accepts what can be connected to, which an address to listen on need not be.
func (p *problems) server(at, address string) {
	if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" || strings.ContainsAny(host, "@/") {
		p.add(at, "must be host:port")
	}
}
