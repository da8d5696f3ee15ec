// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// leaving is a receiver that hands over to another one at its end.
func leaving(to string, sinks ...config.Sink) *config.Config {
	c := settings(sinks...)
	c.HandOver.URL = to
	return c
}

// TestHandOver is the end of a receiver whose queue ends with it, while another one of the same webhook goes on.
func TestHandOver(t *testing.T) {
	t.Parallel()
	t.Run("gives what a dead sink did not take to the peer", func(t *testing.T) {
		t.Parallel()
		const events = 200
		erp, bi := serve(t, nil), serve(t, nil)
		peer := start(t, mount(t, settings(raw("erp", erp.URL), raw("bi", bi.URL))), t.TempDir())
		dir := t.TempDir()
		r := start(t, mount(t, leaving(peer.intake, raw("erp", nobody), raw("bi", bi.URL))), dir, "--drain-timeout", "1s")
		p := newPoster(t)
		var kept [][]byte
		for range events {
			kept = append(kept, fresh(t, superoffice.ActivityChanged))
			r.accepts(t, p, kept[len(kept)-1])
		}
		r.settles(t, "bi")
		r.terminate()
		r.ends(t, 0)
		if got := r.logs(t, "handed over to other receivers")["handedOver"]; got != float64(events) {
			t.Errorf("%v handed over, want %d", got, events)
		}
		for _, event := range kept {
			erp.gets(t, event)
		}
		peer.settles(t, "bi")
		if got := len(bi.got()); got != events {
			t.Errorf("the sink that had all %d events got %d", events, got)
		}
		if got := peer.counted(t, intake.TakenOver); got != events {
			t.Errorf("%d events were taken over, want %d", got, events)
		}
	})
	t.Run("waits for the peer to get its configuration", func(t *testing.T) {
		t.Parallel()
		erp, added := serve(t, nil), serve(t, nil)
		formerly, now := settings(raw("erp", erp.URL)), settings(raw("erp", erp.URL), raw("added", added.URL))
		formerly.HandOver.Generation, now.HandOver.Generation = 1, 2
		v := mount(t, formerly)
		peer := start(t, v, t.TempDir())
		ending := leaving(peer.intake, raw("erp", erp.URL), raw("added", nobody))
		ending.HandOver.Generation = 2
		r := start(t, mount(t, ending), t.TempDir(), "--drain-timeout", "0s")
		event := fresh(t, superoffice.ActivityCreated)
		r.accepts(t, newPoster(t), event)
		r.settles(t, "erp")
		r.terminate()
		eventually(t, func() string {
			if peer.counted(t, intake.ConfigurationOlder) == 0 {
				return "the peer was not asked"
			}
			return ""
		})
		v.configure(t, peer, now)
		r.ends(t, 0)
		added.gets(t, event)
		if got := len(erp.got()); got != 1 {
			t.Errorf("the sink that had the event got it %d times", got)
		}
	})
	t.Run("keeps what the peer's configuration lacks until the end", func(t *testing.T) {
		t.Parallel()
		erp := serve(t, nil)
		peer := start(t, mount(t, settings(raw("erp", erp.URL))), t.TempDir())
		c := leaving(peer.intake, raw("erp", erp.URL), raw("added", nobody))
		c.HandOver.Generation = 1
		r := start(t, mount(t, c), t.TempDir(), "--drain-timeout", "0s", "--hand-over-timeout", "1s")
		r.accepts(t, newPoster(t), fresh(t, superoffice.ActivityCreated))
		r.settles(t, "erp")
		r.terminate()
		r.ends(t, 1)
		line := r.logs(t, "what is left could not all be handed over to another receiver")
		if why := fmt.Sprint(line["err"]); !strings.Contains(why, "another receiver has an older configuration") {
			t.Errorf("it says %v", line)
		}
	})
	t.Run("gives dead letters to the peer", func(t *testing.T) {
		t.Parallel()
		sink := serve(t, func(w http.ResponseWriter) { w.WriteHeader(http.StatusGone) })
		peer := start(t, mount(t, settings(raw("erp", sink.URL))), t.TempDir())
		r := start(t, mount(t, leaving(peer.intake, raw("erp", sink.URL))), t.TempDir())
		r.accepts(t, newPoster(t), fresh(t, superoffice.ActivityCreated))
		r.settles(t, "erp")
		before := r.letters(t)
		r.terminate()
		r.ends(t, 0)
		if diff := cmp.Diff(before, peer.letters(t)); diff != "" || len(before) != 1 {
			t.Errorf("(-left behind +taken over)\n%s", diff)
		}
		if got := len(sink.got()); got != 1 {
			t.Errorf("the sink that refused the event saw it %d times", got)
		}
	})
	t.Run("leaves everything in the directory when there is no peer", func(t *testing.T) {
		t.Parallel()
		v, dir := mount(t, leaving(nobody, raw("erp", nobody))), t.TempDir()
		r := start(t, v, dir, "--drain-timeout", "0s", "--hand-over-timeout", "1s")
		event := fresh(t, superoffice.ActivityDeleted)
		r.accepts(t, newPoster(t), event)
		r.terminate()
		r.ends(t, 1)
		r.logs(t, "what is left could not all be handed over to another receiver")

		sink := serve(t, nil)
		v.write(t, map[string]string{configFile: text(t, settings(raw("erp", sink.URL)))})
		start(t, v, dir)
		sink.gets(t, event)
	})
}
