// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestUnresolvedSecret has a resource wait for what its Secrets lack. Nobody touches the resource.
func TestUnresolvedSecret(t *testing.T) {
	t.Parallel()
	const api = "erp-api"
	for name, c := range map[string]struct {
		shared, api map[string]string // nil: there is no such Secret
		condition   string
		reason      string
		at, message string
	}{
		"that does not exist": {
			nil,
			map[string]string{"key": "value"},
			v1alpha1.ConditionSecretResolved, v1alpha1.ReasonSecretNotFound, "spec.secret", `Secret "crm" not found`,
		},
		"without the key": {
			map[string]string{"other": "value"},
			map[string]string{"key": "value"},
			v1alpha1.ConditionSecretResolved, v1alpha1.ReasonKeyNotFound, "spec.secret", `Secret "crm" has no key "secret"`,
		},
		"without a value": {
			map[string]string{"secret": ""},
			map[string]string{"key": "value"},
			v1alpha1.ConditionSecretResolved, v1alpha1.ReasonEmptyValue, "spec.secret", `key "secret" of Secret "crm" is empty`,
		},
		"of a sink that does not exist": {
			map[string]string{"secret": shared},
			nil,
			v1alpha1.ConditionSinksResolved, v1alpha1.ReasonSecretNotFound, "spec.sinks[0].http.headers[0]", `Secret "erp-api" not found`,
		},
		"of a sink without the key": {
			map[string]string{"secret": shared},
			map[string]string{"other": "value"},
			v1alpha1.ConditionSinksResolved, v1alpha1.ReasonKeyNotFound, "spec.sinks[0].http.headers[0]", `Secret "erp-api" has no key "key"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := newNamespace(t)
			for name, values := range map[string]map[string]string{"crm": c.shared, api: c.api} {
				if values != nil {
					create(t, newSecret(ns, name, values))
				}
			}
			webhook := newWebhook(ns, to("erp", "http://127.0.0.1:1/", apiKey("X-Key")))
			create(t, webhook)

			awaitCondition(t, webhook, c.condition, meta.ConditionFalse, c.reason)
			if got := condition(webhook, c.condition).Message; !strings.HasPrefix(got, c.at) || !strings.HasSuffix(got, ": "+c.message) {
				t.Errorf("message %q, want that of %s: %s", got, c.at, c.message)
			}
			if got := condition(webhook, v1alpha1.ConditionReady); got.Status != meta.ConditionFalse || got.Reason != c.reason {
				t.Errorf("Ready is\n%s", printed(got))
			}
			// Somebody else may be about to bring it, so nothing is said to be stuck, and receivers are made to wait for it.
			for _, kind := range []string{v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling} {
				if got := condition(webhook, kind); got.Type != "" {
					t.Errorf("there is a condition\n%s", printed(got))
				}
			}
			readObjects(t, webhook)

			complete(t, ns, "crm", "secret", shared)
			complete(t, ns, api, "key", "value")
			awaitReady(t, webhook)
			if got := condition(webhook, c.condition); got.Status != meta.ConditionTrue || got.Reason != v1alpha1.ReasonResolved {
				t.Errorf("when all is there:\n%s", printed(got))
			}
		})
	}
}

// complete gives a Secret what it lacks, or makes it.
func complete(t *testing.T, namespace, name, key, value string) {
	t.Helper()
	secret := newSecret(namespace, name, map[string]string{key: value})
	if !find(t, &core.Secret{ObjectMeta: secret.ObjectMeta}) {
		create(t, secret)
		return
	}
	change(t, secret, func(s *core.Secret) { s.StringData = map[string]string{key: value} })
}

// TestReadyResourceWhoseSecretIsTakenAway shows that receivers work on with what they have.
func TestReadyResourceWhoseSecretIsTakenAway(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	secret := newSecret(ns, "crm", map[string]string{"secret": shared})
	create(t, secret)
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	receiver := theReceiver(t, webhook)

	remove(t, secret)
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if c := condition(webhook, v1alpha1.ConditionReceiverAvailable); c.Status != meta.ConditionTrue {
		t.Errorf("receivers:\n%s", printed(c))
	}
	erp.awaitArrival(t, postAll(t, intakeOf(t, receiver), shared, 1))

	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	awaitReady(t, webhook)
}
