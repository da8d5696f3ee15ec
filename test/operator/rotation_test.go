// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	formerValue  = "the secret of last year"
	currentValue = "the secret of this year"
	// pace of each connection: enough requests to meet every moment of a change.
	pace = 10 * time.Millisecond
	// some answers after a change show that it lasts.
	some = 25
)

// newBeforeRotation makes a resource whose two receivers go by formerValue, with the Secret that holds it.
func newBeforeRotation(t *testing.T, ns string, erp *sink) (*v1alpha1.SuperOfficeWebhook, *core.Secret) {
	t.Helper()
	secret := newSecret(ns, "crm", map[string]string{"secret": formerValue})
	create(t, secret)
	webhook := newWebhook(ns, to("erp", erp.URL))
	webhook.Spec.Receiver.Replicas = ptr.To[int32](2)
	create(t, webhook)
	awaitReady(t, webhook)
	return webhook, secret
}

// TestSecretRotation changes the secret of a resource while SuperOffice posts without a pause, on several connections to
// each receiver, signed with either secret. Every single answer counts.
func TestSecretRotation(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	erp := newSink(t)
	webhook, secret := newBeforeRotation(t, ns, erp)
	versions := record[*v1alpha1.SuperOfficeWebhook](t, ns, &v1alpha1.SuperOfficeWebhookList{})
	pods := receiversOf(t, webhook)

	var old, newer []*poster
	for _, pod := range pods {
		for range 2 {
			old = append(old, startPosting(t, intakeOf(t, pod), formerValue))
			newer = append(newer, startPosting(t, intakeOf(t, pod), currentValue))
		}
	}
	awaitAnswers(t, old)
	awaitAnswers(t, newer)
	wantOnly(t, "old secret, before the rotation", old, http.StatusOK)
	wantOnly(t, "new secret, before the rotation", newer, http.StatusUnauthorized)

	change(t, secret, func(s *core.Secret) {
		s.StringData = map[string]string{"secret": currentValue, "previous": formerValue}
	})
	awaitAnswer(t, newer, http.StatusOK)
	awaitAnswers(t, old)
	awaitAnswers(t, newer)
	wantOnly(t, "old secret, during the rotation", old, http.StatusOK)
	wantTurn(t, "new secret, during the rotation", newer, http.StatusUnauthorized, http.StatusOK)

	change(t, secret, func(s *core.Secret) { delete(s.Data, "previous") })
	awaitAnswer(t, old, http.StatusUnauthorized)
	awaitAnswers(t, old)
	awaitAnswers(t, newer)
	wantTurn(t, "old secret, after the rotation", old, http.StatusOK, http.StatusUnauthorized)
	wantTurn(t, "new secret, after the rotation", newer, http.StatusUnauthorized, http.StatusOK)

	var accepted []string
	for _, p := range slices.Concat(old, newer) {
		accepted = append(accepted, p.stop()...)
	}
	erp.awaitArrival(t, accepted)
	if got := erp.count(); got != len(accepted) {
		t.Errorf("%d events were accepted and %d arrived", len(accepted), got)
	}
	if difference := cmp.Diff(lives(pods), lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}
	if !find(t, webhook) {
		t.Fatal("the resource is gone")
	}
	for _, v := range versions.all(t, webhook) {
		if c := condition(v, v1alpha1.ConditionReady); c.Status != meta.ConditionTrue {
			t.Errorf("meanwhile it said\n%s", printed(c))
		}
	}
}

// poster posts one event after the other on a connection of its own.
type poster struct {
	mu       sync.Mutex
	answers  []int
	accepted []string // ids
	err      error

	cancel context.CancelFunc
	done   chan struct{}
}

func startPosting(t *testing.T, url, secret string) *poster {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &poster{cancel: cancel, done: make(chan struct{})}
	transport := &http.Transport{}
	go func() {
		defer close(p.done)
		defer transport.CloseIdleConnections()
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			id, body := newEvent(t, superoffice.ActivityChanged)
			// A request under way is not broken off at the end: its answer counts, too.
			status, err := post(context.WithoutCancel(ctx), &http.Client{Transport: transport}, url, secret, body)
			p.note(id, status, err)
		}
	}()
	t.Cleanup(func() { p.stop() })
	return p
}

func (p *poster) note(id string, status int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, status)
	if status == http.StatusOK {
		p.accepted = append(p.accepted, id)
	}
	if err != nil && p.err == nil {
		p.err = err
	}
}

// stop returns the events that were accepted.
func (p *poster) stop() []string {
	p.cancel()
	<-p.done
	return p.accepted
}

func (p *poster) soFar() ([]int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.answers), p.err
}

// awaitAnswers waits for some more answers on each connection.
func awaitAnswers(t *testing.T, posters []*poster) {
	t.Helper()
	for _, p := range posters {
		before, _ := p.soFar()
		await(t, "more answers", func(context.Context) (any, bool) {
			now, err := p.soFar()
			return fmt.Sprintf("%d answers, error %v", len(now)-len(before), err), len(now) >= len(before)+some
		})
	}
}

// awaitAnswer waits until the last answer on each connection is this.
func awaitAnswer(t *testing.T, posters []*poster, status int) {
	t.Helper()
	for _, p := range posters {
		await(t, fmt.Sprintf("the answer %d", status), func(context.Context) (any, bool) {
			answers, err := p.soFar()
			return fmt.Sprintf("%v, error %v", answers, err), len(answers) > 0 && answers[len(answers)-1] == status
		})
	}
}

func wantOnly(t *testing.T, what string, posters []*poster, status int) {
	t.Helper()
	wantTurn(t, what, posters, status, status)
}

// wantTurn compares the answers on each connection with what they should be: the first, and from some point on the last.
func wantTurn(t *testing.T, what string, posters []*poster, first, last int) {
	t.Helper()
	for _, p := range posters {
		answers, err := p.soFar()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		want := []int{first, last}
		if first == last {
			want = want[:1]
		}
		if got := slices.Compact(answers); !slices.Equal(got, want) {
			t.Errorf("%s: the answers went %v, want %v", what, got, want)
		}
	}
}
