// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/receiver/filter"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// The smallest queue that holds a few of the largest bodies.
const minQueueBytes = 16 << 20

var (
	sinkName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	// A prefix is a part of the names of streams and of subjects, and at the server of files.
	queuePrefix = regexp.MustCompile(`^[A-Za-z0-9][-_A-Za-z0-9]{0,199}$`)
	headerName  = regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,128}$")
)

// connectionHeaders belong to one connection or to the framing of one message and can't be configured
// (RFC 9110 §7.6.1).
var connectionHeaders = []string{
	"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Te", "Trailer", "Proxy-Connection",
}

// Validate says everything that is wrong, joined into one error: the path of each field and what it must be.
func (c *Config) Validate() error {
	var p problems
	if c.APIVersion != APIVersion {
		p.add("apiVersion", "must be %q, not %q", APIVersion, c.APIVersion)
	}
	c.Intake.validate(&p)
	p.address("admin.address", c.Admin.Address)
	p.events("events", c.Events, superoffice.ActivityEvents())
	if len(c.Events) == 0 {
		p.add("events", "must name at least one event")
	}
	c.Queue.validate(&p)
	if c.HandOver.URL != "" {
		p.url("handOver.url", c.HandOver.URL, "http", "https")
	}
	if c.HandOver.Generation < 0 {
		p.add("handOver.generation", "must not be negative")
	}
	c.Tracing.validate(&p, "tracing")
	if len(c.Sinks) == 0 {
		p.add("sinks", "must name at least one sink")
	}
	names := map[string]bool{}
	for i, s := range c.Sinks {
		at := fmt.Sprintf("sinks[%d]", i)
		if names[s.Name] {
			p.add(at+".name", "%q is taken by another sink", s.Name)
		}
		names[s.Name] = true
		s.validate(&p, at, c)
	}
	return errors.Join(p...)
}

func (in *Intake) validate(p *problems) {
	p.address("intake.address", in.Address)
	if !cleanPath(in.Path) {
		p.add("intake.path", "must be a clean absolute path like %q, not %q", DefaultPath, in.Path)
	}
	if in.MaxBodyBytes < 1024 || in.MaxBodyBytes > 8<<20 {
		p.add("intake.maxBodyBytes", "must be between 1024 and 8388608, not %d", in.MaxBodyBytes)
	}
	if len(in.Secrets) == 0 {
		p.add("intake.secrets", "must name at least one secret: without one, forged events could not be told from real ones")
	}
	for i, s := range in.Secrets {
		at := fmt.Sprintf("intake.secrets[%d]", i)
		if s.Name == "" {
			p.add(at+".name", "must not be empty")
		}
		p.file(at+".file", s.File)
	}
	in.TLS.validate(p, "intake.tls")
}

func (t *ServerTLS) validate(p *problems, at string) {
	if t == nil {
		return
	}
	p.file(at+".certificateFile", string(t.CertificateFile))
	p.file(at+".keyFile", string(t.KeyFile))
	if t.AuthoritiesFile != "" {
		p.file(at+".authoritiesFile", t.AuthoritiesFile)
	}
}

func (t *Tracing) validate(p *problems, at string) {
	if t == nil {
		return
	}
	if t.Endpoint != "" {
		p.url(at+".endpoint", t.Endpoint, "http", "https")
	}
	if rate := t.SamplingRatePerMillion; rate != nil && (*rate < 0 || *rate > DefaultSamplingRate) {
		p.add(at+".samplingRatePerMillion", "must be between 0 and %d, not %d", DefaultSamplingRate, *rate)
	}
}

// cleanPath tells whether a client that is given the path asks for exactly this one, and no proxy tidies it up.
func cleanPath(p string) bool {
	escaped := url.URL{Path: p}
	return strings.HasPrefix(p, "/") && !strings.Contains(p, "//") && escaped.EscapedPath() == p &&
		(p == "/" || path.Clean(p) == strings.TrimSuffix(p, "/"))
}

func (q *Queue) validate(p *problems) {
	if q.MaxBytes < minQueueBytes {
		p.add("queue.maxBytes", "must be at least %d, not %d", minQueueBytes, q.MaxBytes)
	}
	p.between("queue.maxAge", q.MaxAge, time.Second, 8760*time.Hour)
	p.between("queue.duplicateWindow", q.DuplicateWindow, 100*time.Millisecond, q.MaxAge.Std())
	if q.JetStream == nil {
		return
	}
	if q.Sync {
		p.add("queue.sync", "must not be set with queue.jetStream, whose servers decide it")
	}
	q.JetStream.validate(p, "queue.jetStream")
	for _, named := range q.secretFiles() {
		p.file(named.at, string(named.file))
	}
}

func (j *JetStream) validate(p *problems, at string) {
	p.natsServers(at+".urls", j.URLs)
	if !queuePrefix.MatchString(j.Prefix) {
		p.add(at+".prefix", "must be 1 to 200 letters, digits, '-' or '_', not %q", j.Prefix)
	}
	if !slices.Contains([]int{1, 3, 5}, j.Replicas) {
		p.add(at+".replicas", "must be 1, 3 or 5, not %d", j.Replicas)
	}
	ways := 0
	for _, given := range []bool{j.CredentialsFile != "", j.NKeyFile != "", j.Auth != nil} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		p.add(at, "must have at most one of credentialsFile, nkeyFile and auth")
	}
	j.Auth.validate(p, at+".auth")
	j.TLS.validate(p, at+".tls")
}

func (s *Sink) validate(p *problems, at string, c *Config) {
	if !sinkName.MatchString(s.Name) {
		p.add(at+".name", "must be 1 to 63 lower-case letters, digits or '-', not %q", s.Name)
	}
	p.events(at+".events", s.Events, c.Events)
	if !slices.Contains([]Format{Raw, CloudEventsBinary, CloudEventsStructured}, s.Format) {
		p.add(at+".format", "must be Raw, CloudEventsBinary or CloudEventsStructured, not %q", s.Format)
	}
	s.validateKind(p, at)
	for _, named := range s.secretFiles(at) {
		p.file(named.at, string(named.file))
	}
	if s.Filter != "" {
		if _, err := filter.Compile(s.Filter); err != nil {
			p.add(at+".filter", "%v", err)
		}
	}
	d := s.Delivery
	if !slices.Contains([]Order{None, PerRecord}, d.Order) {
		p.add(at+".delivery.order", "must be None or PerRecord, not %q", d.Order)
	}
	if d.Order == PerRecord && c.Queue.JetStream != nil {
		p.add(at+".delivery.order", "must be None with queue.jetStream: the receivers that share it cannot keep an order")
	}
	if d.PerSecond < 0 || d.PerSecond > 100_000 {
		p.add(at+".delivery.perSecond", "must be between 0 and 100000, not %d", d.PerSecond)
	}
	if d.MaxAttempts < 0 {
		p.add(at+".delivery.maxAttempts", "must not be below 0, as %d is", d.MaxAttempts)
	}
	p.between(at+".delivery.circuit.after", d.Circuit.After, time.Millisecond, 24*time.Hour)
	p.between(at+".delivery.circuit.probeInterval", d.Circuit.ProbeInterval, time.Millisecond, 24*time.Hour)
	if d.Concurrency < 1 || d.Concurrency > 256 {
		p.add(at+".delivery.concurrency", "must be between 1 and 256, not %d", d.Concurrency)
	}
	p.between(at+".delivery.initialBackoff", d.InitialBackoff, time.Millisecond, d.MaxBackoff.Std())
	p.between(at+".delivery.maxBackoff", d.MaxBackoff, time.Millisecond, 24*time.Hour)
	p.between(at+".delivery.maxAge", d.MaxAge, time.Millisecond, c.Queue.MaxAge.Std())
}

func isControl(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }

// problems collects what is wrong.
type problems []error

func (p *problems) add(at, format string, args ...any) {
	*p = append(*p, fmt.Errorf(at+": "+format, args...))
}

func (p *problems) address(at, address string) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		p.add(at, "must be host:port or :port, not %q", address)
	}
}

// url does not repeat a URL, which may hold what its writer took for a safe place.
func (p *problems) url(at, text string, schemes ...string) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		p.add(at, "is not a URL")
	case !slices.Contains(schemes, u.Scheme) || u.Hostname() == "":
		p.add(at, "must be an absolute %s URL", strings.Join(schemes, " or "))
	case u.User != nil:
		p.add(at, "must not contain credentials; name a file that holds them")
	}
}

func (p *problems) required(at, value string) {
	if value == "" {
		p.add(at, "must not be empty")
	}
}

func (p *problems) timeout(at string, d Duration) { p.between(at, d, time.Millisecond, 5*time.Minute) }

func (p *problems) events(at string, events, known []string) {
	for i, e := range events {
		if !slices.Contains(known, e) {
			p.add(fmt.Sprintf("%s[%d]", at, i), "must be one of %s, not %q", strings.Join(known, ", "), e)
		}
		if slices.Contains(events[:i], e) { // the queue would refuse the cursor
			p.add(fmt.Sprintf("%s[%d]", at, i), "%q is named before", e)
		}
	}
}

// file accepts names below the configuration's own folder only, so that the file cannot make the receiver read others.
func (p *problems) file(at, name string) {
	if !filepath.IsLocal(name) {
		p.add(at, "must be a path below the folder of the configuration, not %q", name)
	}
}

func (p *problems) between(at string, d Duration, low, high time.Duration) {
	if d.Std() < low || d.Std() > high {
		p.add(at, "must be between %s and %s, not %s", low, high, d.Std())
	}
}
