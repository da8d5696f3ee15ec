// SPDX-License-Identifier: Apache-2.0

package handover_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/handover"
	"github.com/superoffice-webhook/operator/test/certificate"
)

// Whom a receiver that speaks TLS takes for another receiver of its webhook, and gives customers' data to.
func TestTrust(t *testing.T) {
	t.Parallel()
	ours, others := certificate.NewAuthority(t), certificate.NewAuthority(t)
	const name = "hooks.example.com"
	now := ours.Issue(t, name)
	chained := certificate.Pair{Certificate: now.Certificate + ours.PEM(), Key: now.Key}
	renewed := ours.Issue(t, name, "other.example.com")
	for what, c := range map[string]struct {
		known       certificate.Pair
		authorities string
		shown       certificate.Pair
		trusted     bool
	}{
		"the same certificate":                                          {now, "", now, true},
		"a renewed one of an authority that is named":                   {now, ours.PEM(), renewed, true},
		"a renewed one of the authority that the certificate came with": {chained, "", renewed, true},
		"a renewed one of an authority that is unknown":                 {now, "", renewed, false},
		"one for the same name of another authority":                    {now, ours.PEM(), others.Issue(t, name), false},
		"one for another name of the same authority":                    {now, ours.PEM(), ours.IssueFor(t, nil, "elsewhere.example.com"), false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			taken := 0
			peer := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken++ }))
			peer.Config.ErrorLog = log.New(io.Discard, "", 0)
			peer.TLS = &tls.Config{Certificates: []tls.Certificate{*c.shown.TLS(t)}}
			peer.StartTLS()
			t.Cleanup(peer.Close)
			q := openQueue(t, "erp")
			put(t, q, 1)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			handed, err := handover.HandOver(ctx, q, handover.Receivers{
				URL: peer.URL, Secret: secret, Patience: time.Millisecond,
				Identity: &handover.Identity{Pair: c.known.TLS(t), Authorities: c.authorities},
			})
			switch {
			case c.trusted && (err != nil || handed != 1):
				t.Errorf("%d handed over, error %v", handed, err)
			case !c.trusted && (taken != 0 || handed != 0 || err == nil || !strings.Contains(err.Error(), "is no receiver of this webhook")):
				t.Errorf("%d handed over, %d requests came, error %v", handed, taken, err)
			}
		})
	}
}
