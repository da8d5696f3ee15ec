// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"net/http"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestSecretInForce rotates a secret as the documentation says, and tries what it promises the moment that it is told: all
// receivers go by the new values.
func TestSecretInForce(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	webhook, secret := newBeforeRotation(t, ns, newSink(t))
	awaitSecretInForce(t, webhook, secret)
	awaitRounds(t, webhook, 2) // nothing is left to be told
	versions := record[*v1alpha1.SuperOfficeWebhook](t, ns, &v1alpha1.SuperOfficeWebhookList{})
	key := client.ObjectKeyFromObject(webhook)

	for _, step := range []struct {
		name     string
		edit     func(*core.Secret)
		accepted map[string]int
	}{
		{
			"a new value, beside the former one",
			func(s *core.Secret) {
				s.StringData = map[string]string{"secret": currentValue, "previous": formerValue}
			},
			map[string]int{currentValue: http.StatusOK, formerValue: http.StatusOK},
		},
		{
			"the former one goes",
			func(s *core.Secret) { delete(s.Data, "previous") },
			map[string]int{currentValue: http.StatusOK, formerValue: http.StatusUnauthorized},
		},
	} {
		before := len(stage.operator.rounds.writesOf(key))
		change(t, secret, step.edit)
		awaitSecretInForce(t, webhook, secret)
		for _, pod := range receiversOf(t, webhook) {
			for value, want := range step.accepted {
				_, body := newEvent(t, superoffice.ActivityChanged)
				postBody(t, intakeOf(t, pod), value, body, want)
			}
		}
		// One more is the read of the Secret. Figures of events are told later, of which the first step has none.
		if n := len(stage.operator.rounds.writesOf(key)) - before; step.name == "a new value, beside the former one" && n > 2 {
			t.Errorf("%s: the status was written %d times, want 2 at most", step.name, n)
		}
	}

	for _, v := range versions.all(t, webhook) {
		if c := condition(v, v1alpha1.ConditionReady); c.Status != meta.ConditionTrue {
			t.Errorf("meanwhile it said\n%s", printed(c))
		}
		if c := condition(v, v1alpha1.ConditionSecretInForce); c.Status == meta.ConditionUnknown { // False it need not be: receivers may be first
			t.Errorf("meanwhile it said\n%s", printed(c))
		}
	}
	out := kubectl(t, "wait", "-n", ns, "superofficewebhook/crm", "--timeout=10s", "--for=jsonpath={.status.secretResourceVersion}="+secret.ResourceVersion)
	t.Log(out)
}

// awaitSecretInForce waits as the documentation says.
func awaitSecretInForce(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, secret *core.Secret) {
	t.Helper()
	awaitStatus(t, webhook, "the Secret of version "+secret.ResourceVersion+" to be in force", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return s.SecretResourceVersion == secret.ResourceVersion
	})
	if c := condition(webhook, v1alpha1.ConditionSecretInForce); c.Status != meta.ConditionTrue || c.Reason != v1alpha1.ReasonAllReceivers {
		t.Errorf("beside it, it says\n%s", printed(c))
	}
}
