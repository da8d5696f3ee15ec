// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/receiver/status"
)

func TestConfigsOf(t *testing.T) {
	works := func(pod, hash string) observe.Answer {
		return answer(pod, status.Status{Config: status.Config{Hash: hash}})
	}
	unready := func(a observe.Answer) observe.Answer {
		a.Ready = false
		return a
	}
	for _, c := range []struct {
		name    string
		answers []observe.Answer
		want    observe.Configs
		lagging int
	}{
		{name: "nobody is there"},
		{"all work by the wanted one", []observe.Answer{works("a", "new"), works("b", "new")}, observe.Configs{Asked: 2, InForce: 2}, 0},
		{"one works by the former one", []observe.Answer{works("a", "new"), works("b", "old")}, observe.Configs{Asked: 2, InForce: 1, Behind: 1}, 1},
		{"one does not answer", []observe.Answer{works("a", "new"), silence("b")}, observe.Configs{Asked: 2, InForce: 1, Silent: 1}, 0},
		{"one of each", []observe.Answer{works("a", "new"), silence("b"), works("c", "old")}, observe.Configs{Asked: 3, InForce: 1, Silent: 1, Behind: 1}, 1},
		{
			"those that are not ready don't count, but for what they deliver by",
			[]observe.Answer{works("a", "new"), unready(works("b", "new")), unready(works("c", "old")), unready(silence("d"))},
			observe.Configs{Asked: 1, InForce: 1, Behind: 1},
			0,
		},
		{
			"one that does not deliver yet is not behind",
			[]observe.Answer{works("a", "new"), unready(answer("b", status.Status{Config: status.Config{Hash: "old"}, Opening: true}))},
			observe.Configs{Asked: 1, InForce: 1},
			0,
		},
		{
			"the complaints of the first are told, ready or not",
			[]observe.Answer{
				unready(answer("a", status.Status{Config: status.Config{Error: "sinks[0].http.url: is not a URL"}})),
				answer("b", status.Status{Config: status.Config{Hash: "old", Error: "another"}, Queue: status.Queue{Error: "no space left on device"}}),
				answer("c", status.Status{Config: status.Config{Hash: "new"}, Queue: status.Queue{Error: "another"}}),
			},
			observe.Configs{Asked: 2, InForce: 1, Behind: 1, Rejected: "receiver a: sinks[0].http.url: is not a URL", Storage: "receiver b: no space left on device"},
			1,
		},
		{
			"complaints are shortened",
			[]observe.Answer{answer("a", status.Status{Config: status.Config{Error: strings.Repeat("x", 500)}, Queue: status.Queue{Error: strings.Repeat("y", 500)}})},
			observe.Configs{Asked: 1, Rejected: "receiver a: " + strings.Repeat("x", 399) + "…", Storage: "receiver a: " + strings.Repeat("y", 199) + "…"},
			1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := observe.ConfigsOf(c.answers, "new")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got.Lagging() != c.lagging {
				t.Errorf("%d lag behind, want %d", got.Lagging(), c.lagging)
			}
		})
	}
}
