// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestSecrecy shows that no secret gets into the log, even at its highest verbosity, into /status or into /metrics,
// whatever goes wrong.
func TestSecrecy(t *testing.T) {
	t.Parallel()
	const (
		current, previous = "marker-of-the-current-secret", "marker-of-the-previous-secret"
		next              = "marker-of-the-next-secret"
		key               = "marker-of-the-header"
		code              = "marker-in-the-url"
	)
	withKey := func(name, url string) config.Sink {
		s := raw(name, url)
		s.HTTP.Headers = []config.Header{{Name: "Authorization", File: "secrets/sinks/key"}}
		return s
	}
	takes := serve(t, nil)
	refuses := serve(t, func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "%s is no valid key", key)
	})
	c := settings(withKey("takes", takes.URL+"/?code="+code), withKey("refuses", refuses.URL+"/"+code), withKey("down", nobody+code))
	v := mount(t, c)
	good := map[string]string{configFile: text(t, c), currentFile: current, previousFile: previous, "secrets/sinks/key": key}
	v.write(t, good)
	r, p := start(t, v, t.TempDir(), "-v", "4", "--drain-timeout", "100ms"), newPoster(t)

	var told strings.Builder // all that was answered
	look := func() {
		for _, path := range []string{"/status", "/metrics"} {
			_, body := r.asks(t, path)
			told.WriteString(body)
		}
	}
	post := func(headers http.Header, body []byte) {
		t.Helper()
		_, answer, err := p.post(t.Context(), r.intake, headers, body)
		if err != nil {
			t.Fatal(err)
		}
		told.WriteString(answer)
	}
	var right []string // signatures that nobody is told
	for _, name := range []string{superoffice.ActivityCreated, superoffice.Test, "contact.created", "rubbish"} {
		event := []byte(name)
		if name != "rubbish" {
			event = fresh(t, name)
		}
		forged := header("guessed", event)
		malformed := forged.Clone()
		malformed.Set(superoffice.HeaderSignature, "none")
		for _, headers := range []http.Header{forged, malformed, header(previous, event), header(current, event)} {
			post(headers, event)
		}
	}
	forged := fresh(t, superoffice.ActivityDeleted)
	for _, s := range []string{current, previous} {
		right = append(right, header(s, forged).Get(superoffice.HeaderSignature))
	}
	post(header("guessed", forged), forged)
	eventually(t, func() string {
		if r.sink(t, "takes").LastDelivery == nil || r.sink(t, "refuses").DeadLettered == 0 || r.sink(t, "down").LastError == "" {
			return "not every sink was tried"
		}
		return ""
	})
	look()

	changed := func(change func(*config.Config)) string {
		c := settings(withKey("takes", takes.URL))
		change(c)
		return text(t, c)
	}
	for what, changes := range map[string]map[string]string{
		"no shared secret but a huge one":          {currentFile: strings.Repeat(current, 100)},
		"a key that is none":                       {"secrets/sinks/key": key + "\n" + key},
		"credentials in a URL":                     {configFile: changed(func(c *config.Config) { c.Sinks[0].HTTP.URL = "https://user:" + code + "@example.com/" })},
		"no URL":                                   {configFile: changed(func(c *config.Config) { c.Sinks[0].HTTP.URL = "http://%zz/" + code })},
		"a URL of another kind":                    {configFile: changed(func(c *config.Config) { c.Sinks[0].HTTP.URL = "amqp:" + code })},
		"a URL where a list of headers should be":  {configFile: strings.Replace(good[configFile], "headers:", "headers: "+nobody+code+"\n    ignored:", 1)},
		"a URL in YAML that is broken right there": {configFile: strings.Replace(good[configFile], "?code=", ": ?code=", 1)},
	} {
		v.write(t, good)
		eventually(t, func() string { return r.status(t).Config.Error })
		v.write(t, changes)
		eventually(t, func() string {
			if r.status(t).Config.Error == "" {
				return fmt.Sprintf("%s is not refused", what)
			}
			return ""
		})
		look()
	}
	v.write(t, good)
	v.write(t, map[string]string{currentFile: next, previousFile: current + "\n"})
	eventually(t, func() string {
		if !strings.Contains(r.said.String(), "ends with a line break") {
			return "the new secret is not in force"
		}
		return ""
	})
	look()
	waiting := int(r.sink(t, "down").Pending)
	r.terminate()
	r.ends(t, waiting)

	if !strings.Contains(r.said.String(), `"level":"DEBUG`) {
		t.Error("the log does not tell more than usual")
	}
	for what, where := range map[string]string{"the log": r.said.String(), "an answer": told.String()} {
		for _, secret := range []string{current, previous, next, key, code} {
			for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
				if strings.Contains(where, form) {
					t.Errorf("%s holds %s", what, secret)
				}
			}
		}
		for _, signature := range right {
			if strings.Contains(where, signature) {
				t.Errorf("%s holds the signature that was expected", what)
			}
		}
	}
}
