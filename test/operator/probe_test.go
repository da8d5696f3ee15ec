// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/probe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// public is the internet as the operator's probes see it.
var public internet

// internet has the hosts that tests put there. Nobody listens at any other.
type internet struct {
	mu    sync.Mutex
	hosts map[string]string
}

func (i *internet) put(host, address string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.hosts == nil {
		i.hosts = map[string]string{}
	}
	i.hosts[host] = address
}

// transport is the operator's own but for the addresses: those of the tests are the machine's, to which it does not connect.
func (i *internet) transport() *http.Transport {
	t := probe.NewTransport()
	t.Proxy = nil
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		i.mu.Lock()
		at := i.hosts[host]
		i.mu.Unlock()
		if at == "" {
			return nil, syscall.ECONNREFUSED
		}
		return (&net.Dialer{}).DialContext(ctx, network, at)
	}
	return t
}

func TestProbe(t *testing.T) {
	t.Parallel()
	const secret = "The secret of the probe"
	ns := newNamespace(t)
	host := "probe." + ns + ".example.com"
	create(t, newSecret(ns, "crm", map[string]string{"secret": secret}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Exposure = v1alpha1.Exposure{
		Ingress: &v1alpha1.IngressExposure{Host: v1alpha1.Hostname(host)},
		Probe:   &v1alpha1.Probe{Interval: "10s"},
	}
	create(t, webhook)

	t.Run("tells that nobody is reached", func(t *testing.T) {
		awaitCondition(t, webhook, v1alpha1.ConditionReachable, meta.ConditionFalse, v1alpha1.ReasonConnectionRefused)
		awaitReady(t, webhook)
		wantContains(t, condition(webhook, v1alpha1.ConditionReachable).Message, host)
	})
	t.Run("tells that a receiver is reached, which stores nothing", func(t *testing.T) {
		pod := theReceiver(t, webhook)
		address := strings.TrimSuffix(strings.TrimPrefix(intakeOf(t, pod), "http://"), "/webhook")
		if !strings.HasSuffix(address, fmt.Sprintf(":%d", render.IntakePort)) {
			t.Fatalf("receivers listen at %s", address)
		}
		public.put(host, address)
		awaitCondition(t, webhook, v1alpha1.ConditionReachable, meta.ConditionTrue, v1alpha1.ReasonAnswered)
		awaitStatus(t, webhook, "no event to have been received, nor refused", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
			return s.Delivery != nil && s.Delivery.LastReceivedTime == nil && s.Delivery.LastRejection == nil
		})
	})
	t.Run("writes nothing while the answer stays the same", func(t *testing.T) {
		awaitRounds(t, webhook, 3)
		if !find(t, webhook) {
			t.Fatal("it is gone")
		}
		before := webhook.ResourceVersion
		awaitRounds(t, webhook, 15) // more than an interval of the probe
		if !find(t, webhook) || webhook.ResourceVersion != before {
			t.Errorf("the resource was written:\n%s", printed(webhook.Status))
		}
	})
	t.Run("tells that somebody else answers", func(t *testing.T) {
		public.put(host, newSink(t).Listener.Addr().String())
		awaitCondition(t, webhook, v1alpha1.ConditionReachable, meta.ConditionFalse, v1alpha1.ReasonUnexpectedStatus)
		awaitReady(t, webhook)
	})
	t.Run("has told each change by an Event, and the secret to nobody", func(t *testing.T) {
		var all []string
		await(t, "the Events", func(context.Context) (any, bool) {
			all = nil
			for _, e := range eventsOf(t, webhook) {
				all = append(all, e.Type+" "+e.Reason+" "+e.Note)
			}
			text := strings.Join(all, "\n")
			return text, strings.Contains(text, "Warning ConnectionRefused") && strings.Contains(text, "Normal Reachable") && strings.Contains(text, "Warning UnexpectedStatus")
		})
		wantLacks(t, "the Events", strings.Join(all, "\n"), secret)
		wantLacks(t, "the status", printed(webhook.Status), secret)
		wantLacks(t, "the operator's log", strings.Join(operatorLog.lines(secret), "\n"), secret)
	})
	t.Run("says no more when it is turned off", func(t *testing.T) {
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Probe = nil })
		awaitStatus(t, webhook, "no word about it", func(v1alpha1.SuperOfficeWebhookStatus) bool {
			return condition(webhook, v1alpha1.ConditionReachable).Type == ""
		})
	})
}
