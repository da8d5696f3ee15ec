// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// soon is how long before its end a certificate should have been renewed.
const soon = 14 * 24 * time.Hour

// address finds the URL, and looks at its form.
func (p *patient) address(_ context.Context, f *findings) {
	text := p.url
	if text == "" && p.webhook != nil && p.webhook.Status.Address != nil {
		text = p.webhook.Status.Address.URL
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		f.skip("Give the URL that is registered in SuperOffice with --url.", "it is not known")
		return
	case p.url == "" && inCluster(u.Hostname()):
		f.skip("Give the URL that is registered in SuperOffice with --url.", "%s is inside of the cluster", u.Host)
		return
	}
	p.target = u
	if u.Scheme != "https" {
		f.warn("Put TLS in front of it: with plain HTTP anybody on the way can read events and drop them.", "%s is not https", u.Host)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		f.warn("Use a name: certificates are for names, and addresses change.", "%s is an address", u.Hostname())
	}
	if p.webhook == nil {
		f.ok("%s", bare(u))
		return
	}
	if want := resource.Path(p.webhook); u.Path != want {
		f.warn("Unless something on the way rewrites it, make both the same.", "its path is %s, but receivers accept events on %s", output.OrDash(u.Path), want)
		return
	}
	f.ok("%s, the path that receivers accept events on", bare(u))
}

func inCluster(host string) bool {
	return strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".cluster.local")
}

// bare leaves out what may be secret.
func bare(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func (p *patient) dns(ctx context.Context, f *findings) {
	if p.target == nil {
		f.skip("", "the URL is not known")
		return
	}
	host := p.target.Hostname()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		f.fail("Make a record for it, or wait until the one that you made is known everywhere.", "%s has no address: %v", host, reason(ctx, err))
		return
	}
	var all []string
	private := false
	for _, ip := range found {
		ip = ip.Unmap()
		all = append(all, ip.String())
		private = private || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
	}
	if private {
		f.warn("SuperOffice Online cannot reach private addresses. Look from a machine outside.", "%s is %s, seen from here", host, strings.Join(all, ", "))
		return
	}
	f.ok("%s is %s", host, strings.Join(all, ", "))
}

func (p *patient) tls(ctx context.Context, f *findings) {
	switch {
	case p.target == nil:
		f.skip("", "the URL is not known")
		return
	case p.target.Scheme != "https":
		p.reached = true // the test event tells
		f.skip("", "the URL is not https")
		return
	}
	at := p.target.Host
	if p.target.Port() == "" {
		at = net.JoinHostPort(p.target.Hostname(), "443")
	}
	connection, err := p.handshake(ctx, at, false)
	if err == nil {
		p.reached = true
		p.tellCertificate(f, connection.ConnectionState())
		_ = connection.Close()
		return
	}
	var untrusted *tls.CertificateVerificationError
	if !errors.As(err, &untrusted) {
		f.fail("See that a load balancer or Ingress listens there, and that no firewall stands in between.", "%s cannot be reached: %v", at, reason(ctx, err))
		return
	}
	p.reached = true
	f.fail("SuperOffice refuses it, too. Renew the certificate, for this name, and serve the chain with it.", "the certificate is not trusted: %v", untrusted.Err)
	if connection, err := p.handshake(ctx, at, true); err == nil { // to tell what is wrong with it; nothing is sent
		p.tellCertificate(f, connection.ConnectionState())
		_ = connection.Close()
	}
}

func (p *patient) handshake(ctx context.Context, at string, anything bool) (*tls.Conn, error) {
	dialer := &tls.Dialer{Config: &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: p.roots, ServerName: p.target.Hostname(),
		InsecureSkipVerify: anything, //nolint:gosec // only to look at a certificate that was refused before
	}}
	connection, err := dialer.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	return connection.(*tls.Conn), nil
}

func (p *patient) tellCertificate(f *findings, s tls.ConnectionState) {
	leaf := s.PeerCertificates[0]
	left := leaf.NotAfter.Sub(p.now)
	names := strings.Join(append(append([]string{}, leaf.DNSNames...), addresses(leaf.IPAddresses)...), ", ")
	switch {
	case left <= 0:
		f.fail("Renew it.", "the certificate for %s ended on %s", names, leaf.NotAfter.Format(time.DateOnly))
	case left < soon:
		f.warn("Renew it now, and find out why nobody has: SuperOffice disables the webhook when it ends.", "the certificate for %s ends in %s", names, output.Span(left))
	default:
		f.ok("%s, the certificate for %s by %s ends in %s", tls.VersionName(s.Version), names, output.OrDash(leaf.Issuer.CommonName), output.Span(left))
	}
}

func addresses(ips []net.IP) (list []string) {
	for _, ip := range ips {
		list = append(list, ip.String())
	}
	return list
}

var errLate = errors.New("no answer in time")

// reason prefers the cause that a context has ended for.
func reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return resource.WithoutURL(err)
}
