// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
	receiver "github.com/superoffice-webhook/operator/receiver/status"
)

// The conditions of what is well.
const (
	secretResolved = "SecretResolved is True (Resolved): the shared secret is there"
	certResolved   = "CertificateResolved is True (Resolved): the certificate and its key are there"
	queueResolved  = "QueueResolved is True (Resolved): all that the queue refers to is there"
	sinksResolved  = "SinksResolved is True (Resolved): all that the sinks refer to is there"
	available      = "ReceiverAvailable is True (ReceiversReady): 2 of 2 receivers are ready"
	poolAgreed     = "PoolAgreed is True (SettingsAgreed): the receivers of the pool are shaped as this resource wants them"
	delivering     = "Delivering is True (Delivering): no sink fails"

	mayNotGrow = `PersistentVolumeClaim "crm-receiver" is refused: may not grow; set spec.queue.embedded back to what it was, or have the cluster allow it: ` +
		"a volume can only grow where its StorageClass has allowVolumeExpansion"

	secretEverywhere = `SecretInForce is True (AllReceivers): all receivers go by what Secret "crm-webhook" holds`
)

// situations are all states that a resource can be found in, with the conditions that this leads to.
var situations = []struct {
	name       string
	webhook    *v1alpha1.SuperOfficeWebhook
	found      findings
	failure    error
	kstatus    status.Status
	conditions []string
}{
	{
		name: "all is well", webhook: resource(), found: good(), kstatus: status.CurrentStatus,
		conditions: []string{"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available, delivering},
	},
	{
		name: "all is well with a certificate and a queue elsewhere", webhook: resource(onTLS, inJetStream), found: good(), kstatus: status.CurrentStatus,
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, certResolved, queueResolved, sinksResolved, available, delivering,
		},
	},
	{
		name: "no certificate", webhook: resource(onTLS, inJetStream), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.secrets.certificate = []problem{{"SecretNotFound", "no certificate"}}
			f.secrets.queue = []problem{{"KeyNotFound", "no credentials"}}
		}),
		conditions: []string{
			"Ready is False (SecretNotFound): no certificate", secretResolved, "CertificateResolved is False (SecretNotFound): no certificate",
			"QueueResolved is False (KeyNotFound): no credentials", sinksResolved, available, delivering,
		},
	},
	{
		name: "no credentials for the queue", webhook: resource(inJetStream), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.secrets.queue = []problem{{"KeyNotFound", "no credentials"}}
			f.secrets.sinks = []problem{{"KeyNotFound", "no token"}}
		}),
		conditions: []string{
			"Ready is False (KeyNotFound): no credentials", secretResolved, "QueueResolved is False (KeyNotFound): no credentials",
			"SinksResolved is False (KeyNotFound): no token", available, delivering,
		},
	},
	{
		name: "one receiver of two is enough", webhook: resource(), kstatus: status.CurrentStatus,
		found: good(func(f *findings) {
			f.receivers.rollout.Ready = 1
			f.receivers.answers, f.receivers.configs = f.receivers.answers[:1], observe.Configs{Asked: 1, InForce: 1}
		}),
		conditions: []string{
			"Ready is True (Accepting): 1 of 2 receivers accept events", secretResolved, sinksResolved,
			"ReceiverAvailable is True (ReceiversReady): 1 of 2 receivers are ready", delivering,
		},
	},
	{
		name: "a failing sink does not take Ready back", webhook: resource(), kstatus: status.CurrentStatus,
		found: good(func(f *findings) { f.receivers.answers[1] = tells("b", receiver.Failing, "answered 500") }),
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available,
			`Delivering is False (SinkFailing): sink "erp": answered 500`,
		},
	},
	{
		name: "a receiver that is silent for a moment does not, either", webhook: resource(readyAt(generation)), kstatus: status.CurrentStatus,
		found: good(func(f *findings) {
			f.receivers.answers[1] = silent("b")
			f.receivers.configs = observe.Configs{Asked: 2, InForce: 1, Silent: 1}
		}),
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available,
			"Delivering is True (Delivering): no sink fails; 1 of 2 receivers did not answer",
		},
	},
	{
		name: "all receivers are silent for a moment", webhook: resource(readyAt(generation)), kstatus: status.CurrentStatus,
		found: good(func(f *findings) {
			f.receivers.answers = []observe.Answer{silent("a"), silent("b")}
			f.receivers.configs = observe.Configs{Asked: 2, Silent: 2}
		}),
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available,
			"Delivering is Unknown (NoAnswer): none of 2 receivers told its status; the figures are those of the last answer",
		},
	},
	{
		name: "a receiver is silent since the resource was changed", webhook: resource(readyAt(generation - 1)), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.receivers.answers[1] = silent("b")
			f.receivers.configs = observe.Configs{Asked: 2, InForce: 1, Silent: 1}
		}),
		conditions: []string{
			"Ready is Unknown (NoAnswer): 1 of 2 receivers don't tell the operator which configuration they work by, at port 8081",
			secretResolved, sinksResolved, available,
			"Delivering is True (Delivering): no sink fails; 1 of 2 receivers did not answer",
			"Reconciling is True (NoAnswer): 1 of 2 receivers don't tell the operator which configuration they work by, at port 8081",
		},
	},
	{
		name: "suspended", webhook: resource(suspended), found: good(), kstatus: status.CurrentStatus,
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events; delivery is suspended", secretResolved, sinksResolved, available,
			"Delivering is False (Suspended): spec.suspend is true: events are kept until it is false",
		},
	},
	{
		name: "receivers have not heard yet that it is suspended", webhook: resource(suspended), kstatus: status.InProgressStatus,
		found: good(func(f *findings) { f.receivers.configs = observe.Configs{Asked: 2, InForce: 1, Behind: 1} }),
		conditions: []string{
			"Ready is Unknown (ConfigPropagating): 1 of 2 receivers have not taken over the configuration yet", secretResolved, sinksResolved, available,
			"Delivering is Unknown (ConfigPropagating): spec.suspend is true, but not all receivers have taken that over yet",
			"Reconciling is True (ConfigPropagating): 1 of 2 receivers have not taken over the configuration yet",
		},
	},
	{
		name: "suspended, and nobody says so", webhook: resource(suspended), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.receivers.answers = []observe.Answer{silent("a"), silent("b")}
			f.receivers.configs = observe.Configs{Asked: 2, Silent: 2}
		}),
		conditions: []string{
			"Ready is Unknown (NoAnswer): 2 of 2 receivers don't tell the operator which configuration they work by, at port 8081", secretResolved, sinksResolved, available,
			"Delivering is Unknown (NoAnswer): none of 2 receivers told its status; the figures are those of the last answer",
			"Reconciling is True (NoAnswer): 2 of 2 receivers don't tell the operator which configuration they work by, at port 8081",
		},
	},
	{
		name: "suspended from the start", webhook: resource(suspended), kstatus: status.InProgressStatus,
		found: unseen(func(f *findings) { f.receivers = &receivers{rollout: observe.RolloutOf(nil, 0)} }),
		conditions: []string{
			"Ready is False (ReceiversStarting): the Deployment of the receivers does not exist yet", secretResolved, sinksResolved,
			"ReceiverAvailable is False (ReceiversStarting): the Deployment of the receivers does not exist yet",
			"Delivering is Unknown (NoAnswer): no receiver runs",
			"Reconciling is True (ReceiversStarting): the Deployment of the receivers does not exist yet",
		},
	},
	{
		name: "just made", webhook: resource(), kstatus: status.InProgressStatus,
		found: unseen(func(f *findings) { f.receivers = &receivers{rollout: observe.RolloutOf(nil, 0)} }),
		conditions: []string{
			"Ready is False (ReceiversStarting): the Deployment of the receivers does not exist yet", secretResolved, sinksResolved,
			"ReceiverAvailable is False (ReceiversStarting): the Deployment of the receivers does not exist yet",
			"Delivering is Unknown (NoAnswer): no receiver runs",
			"Reconciling is True (ReceiversStarting): the Deployment of the receivers does not exist yet",
		},
	},
	{
		name: "receivers start, and one has trouble", webhook: resource(), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.receivers = &receivers{
				rollout: observe.Rollout{Exists: true, Replicas: 2, Current: 2, Pending: "0 of 2 new receivers are ready"},
				trouble: "pod a: ImagePullBackOff",
			}
		}),
		conditions: []string{
			"Ready is False (ReceiversStarting): 0 of 2 receivers are ready; pod a: ImagePullBackOff", secretResolved, sinksResolved,
			"ReceiverAvailable is False (ReceiversStarting): 0 of 2 receivers are ready; pod a: ImagePullBackOff",
			"Delivering is Unknown (NoAnswer): no receiver runs",
			"Reconciling is True (ReceiversStarting): 0 of 2 receivers are ready; pod a: ImagePullBackOff",
		},
	},
	{
		name: "receivers do not start in time", webhook: resource(), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.receivers.rollout = observe.Rollout{Exists: true, Replicas: 2, Current: 2, Pending: "0 of 2 new receivers are ready", Overdue: true}
			f.receivers.configs = observe.Configs{Rejected: "receiver a: secret missing"}
			f.receivers.trouble = "pod a: CrashLoopBackOff"
		}),
		conditions: []string{
			"Ready is False (ReceiverUnavailable): 0 of 2 receivers are ready; receiver a: secret missing", secretResolved, sinksResolved,
			"ReceiverAvailable is False (ReceiverUnavailable): 0 of 2 receivers are ready; receiver a: secret missing", delivering,
		},
	},
	{
		name: "receivers are lost", webhook: resource(readyAt(generation)), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.receivers.rollout.Ready = 0
			f.receivers.configs = observe.Configs{Storage: "receiver a: no space left on device", Rejected: "receiver a: no"}
		}),
		conditions: []string{
			"Ready is False (ReceiverUnavailable): 0 of 2 receivers are ready; receiver a: no space left on device", secretResolved, sinksResolved,
			"ReceiverAvailable is False (ReceiverUnavailable): 0 of 2 receivers are ready; receiver a: no space left on device", delivering,
		},
	},
	{
		name: "receivers are being replaced", webhook: resource(readyAt(generation)), kstatus: status.InProgressStatus,
		found: good(func(f *findings) { f.receivers.rollout.Pending = "1 of 2 receivers are of the new version" }),
		conditions: []string{
			"Ready is Unknown (RolloutInProgress): 1 of 2 receivers are of the new version", secretResolved, sinksResolved, available, delivering,
			"Reconciling is True (RolloutInProgress): 1 of 2 receivers are of the new version",
		},
	},
	{
		name: "receivers are not replaced in time", webhook: resource(readyAt(generation)), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.receivers.rollout.Pending, f.receivers.rollout.Overdue = "1 of 2 receivers are of the new version", true
			f.receivers.trouble = "pod c: ImagePullBackOff"
		}),
		conditions: []string{
			"Ready is False (ProgressDeadlineExceeded): the rollout takes too long: 1 of 2 receivers are of the new version; pod c: ImagePullBackOff",
			secretResolved, sinksResolved, available, delivering,
		},
	},
	{
		name: "a receiver refuses its configuration", webhook: resource(readyAt(generation)), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.receivers.configs = observe.Configs{Asked: 2, InForce: 1, Rejected: "receiver b: sinks[0].http.url: is not a URL"}
		}),
		conditions: []string{
			"Ready is False (ConfigRejected): receiver b: sinks[0].http.url: is not a URL", secretResolved, sinksResolved, available, delivering,
		},
	},
	{
		name: "receivers wait for their configuration", webhook: resource(readyAt(generation - 1)), kstatus: status.InProgressStatus,
		found: good(func(f *findings) { f.receivers.configs = observe.Configs{Asked: 2, InForce: 1} }),
		conditions: []string{
			"Ready is Unknown (ConfigPropagating): 1 of 2 receivers have not taken over the configuration yet", secretResolved, sinksResolved, available, delivering,
			"Reconciling is True (ConfigPropagating): 1 of 2 receivers have not taken over the configuration yet",
		},
	},
	{
		name: "the shared secret is missing", webhook: resource(), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.secrets.webhook = []problem{{v1alpha1.ReasonSecretNotFound, `spec.secret: Secret "crm-webhook" not found`}}
		}),
		conditions: []string{
			`Ready is False (SecretNotFound): spec.secret: Secret "crm-webhook" not found`,
			`SecretResolved is False (SecretNotFound): spec.secret: Secret "crm-webhook" not found`, sinksResolved, available, delivering,
			`SecretInForce is False (SecretNotFound): spec.secret: Secret "crm-webhook" not found`,
		},
	},
	{
		name: "a new secret is in force everywhere", webhook: resource(), kstatus: status.CurrentStatus,
		found:      good(func(f *findings) { f.inForce = &secretInForce{version: "7", ready: 2} }),
		conditions: []string{"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available, delivering, secretEverywhere},
	},
	{
		name: "a new secret is on its way to a receiver", webhook: resource(), kstatus: status.CurrentStatus,
		found: good(func(f *findings) { f.inForce = &secretInForce{version: "7", ready: 2, lagging: []string{"b"}} }),
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available, delivering,
			`SecretInForce is False (SecretPropagating): not all receivers go by what Secret "crm-webhook" holds yet: kubelet brings it to them within about a minute`,
		},
	},
	{
		name: "nobody is ready to have a new secret", webhook: resource(), kstatus: status.CurrentStatus,
		found: good(func(f *findings) { f.inForce = &secretInForce{version: "7"} }),
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available, delivering,
			`SecretInForce is False (SecretPropagating): no receiver that goes by what Secret "crm-webhook" holds is ready`,
		},
	},
	{
		name: "a receiver does not tell which secret it has", webhook: resource(), kstatus: status.CurrentStatus,
		found: good(func(f *findings) { f.inForce = &secretInForce{version: "7", ready: 2, silent: []string{"b"}} }),
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available, delivering,
			`SecretInForce is Unknown (NoAnswer): not all receivers say whether they go by what Secret "crm-webhook" holds`,
		},
	},
	{
		name: "keys of sinks are missing", webhook: resource(), kstatus: status.InProgressStatus,
		found: good(func(f *findings) {
			f.secrets.sinks = []problem{{v1alpha1.ReasonKeyNotFound, "one"}, {v1alpha1.ReasonEmptyValue, "two"}}
		}),
		conditions: []string{
			"Ready is False (KeyNotFound): one; two", secretResolved, "SinksResolved is False (KeyNotFound): one; two", available, delivering,
		},
	},
	{
		name: "the volume has not grown yet", webhook: resource(), kstatus: status.CurrentStatus,
		found: good(func(f *findings) { f.receivers.growing = true }),
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events; the queue takes more once its volume has grown", secretResolved, sinksResolved, available, delivering,
		},
	},
	{
		name: "the volume may not grow, and a Secret is missing", webhook: resource(), kstatus: status.FailedStatus,
		found: good(func(f *findings) {
			f.claim = &claimRefused{"crm-receiver", errors.New("may not grow")}
			f.secrets.sinks = []problem{{"KeyNotFound", "no token"}}
		}),
		conditions: []string{
			"Ready is False (Invalid): " + mayNotGrow, secretResolved, "SinksResolved is False (KeyNotFound): no token", available, delivering,
			"Stalled is True (Invalid): " + mayNotGrow,
		},
	},
	{
		name: "the resource is invalid", webhook: resource(), kstatus: status.FailedStatus,
		found: unseen(func(f *findings) { f.invalid = errors.New("spec.queue.retention.maxAge: no duration") }),
		conditions: []string{
			"Ready is False (Invalid): spec.queue.retention.maxAge: no duration", secretResolved, sinksResolved,
			"Stalled is True (Invalid): spec.queue.retention.maxAge: no duration",
		},
	},
	{
		name: "an object is refused, and the former receivers go on", webhook: resource(), kstatus: status.FailedStatus,
		found: good(func(f *findings) { f.invalid = errors.New(`Deployment "crm-receiver" is invalid`) }),
		conditions: []string{
			`Ready is False (Invalid): Deployment "crm-receiver" is invalid`, secretResolved, sinksResolved, available, delivering,
			`Stalled is True (Invalid): Deployment "crm-receiver" is invalid`,
		},
	},
	{
		name: "an autoscaler wants more", webhook: resource(readyAt(generation), autoscaled), kstatus: status.CurrentStatus,
		found: good(beingScaled),
		conditions: []string{
			"Ready is True (Accepting): 2 of 5 receivers accept events", secretResolved, sinksResolved,
			"ReceiverAvailable is True (ReceiversReady): 2 of 5 receivers are ready", delivering,
		},
	},
	{
		name: "an autoscaler wants more before all was well", webhook: resource(readyAt(generation-1), autoscaled), kstatus: status.InProgressStatus,
		found: good(beingScaled),
		conditions: []string{
			"Ready is Unknown (RolloutInProgress): more", secretResolved, sinksResolved,
			"ReceiverAvailable is True (ReceiversReady): 2 of 5 receivers are ready", delivering, "Reconciling is True (RolloutInProgress): more",
		},
	},
	{
		name: "in a pool all is well", webhook: resource(inPool), found: good(pooledAs()), kstatus: status.CurrentStatus,
		conditions: []string{"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available, delivering, poolAgreed},
	},
	{
		name: "in a pool an older member decides", webhook: resource(inPool, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Image = "mine" }),
		found: good(pooledAs(olderMember)), kstatus: status.CurrentStatus,
		conditions: []string{
			"Ready is True (Accepting): 2 of 2 receivers accept events", secretResolved, sinksResolved, available, delivering,
			`PoolAgreed is False (SettingsDiffer): spec.receiver.image: what SuperOfficeWebhook "older" says counts, which is older`,
		},
	},
	{
		name: "a name of the pool is taken", webhook: resource(inPool), kstatus: status.FailedStatus,
		found: good(pooledAs(), func(f *findings) {
			f.pool.trouble = new(judgeObstacles([]obstacle{{message: "Deployment is in the way"}}, "use another pool"))
		}),
		conditions: []string{
			"Ready is False (NameTaken): Deployment is in the way; delete what is in the way or use another pool", secretResolved, sinksResolved,
			available, delivering, poolAgreed, "Stalled is True (NameTaken): Deployment is in the way; delete what is in the way or use another pool",
		},
	},
	{
		name: "names are taken", webhook: resource(), kstatus: status.FailedStatus,
		found: unseen(func(f *findings) {
			f.obstacles = []obstacle{{message: "Service is in the way"}, {message: "ConfigMap goes", passing: true}, {message: "Deployment too"}}
		}),
		conditions: []string{
			"Ready is False (NameTaken): Service is in the way; Deployment too; delete what is in the way or give this resource another name",
			secretResolved, sinksResolved,
			"Stalled is True (NameTaken): Service is in the way; Deployment too; delete what is in the way or give this resource another name",
		},
	},
	{
		name: "a predecessor is being removed", webhook: resource(), kstatus: status.InProgressStatus,
		found: unseen(func(f *findings) { f.obstacles = []obstacle{{message: "ConfigMap goes", passing: true}} }),
		conditions: []string{
			"Ready is False (CleaningUp): ConfigMap goes", secretResolved, sinksResolved, "Reconciling is True (CleaningUp): ConfigMap goes",
		},
	},
	{
		name: "the API server can't be read", webhook: resource(), failure: errors.New("read Secrets: forbidden"), kstatus: status.InProgressStatus,
		conditions: []string{
			"Ready is False (ProgressingWithRetry): read Secrets: forbidden", "Reconciling is True (ProgressingWithRetry): read Secrets: forbidden",
		},
	},
	{
		name: "the API server can't be written", webhook: resource(), found: unseen(), failure: errors.New("apply Service: timeout"), kstatus: status.InProgressStatus,
		conditions: []string{
			"Ready is False (ProgressingWithRetry): apply Service: timeout", secretResolved, sinksResolved,
			"Reconciling is True (ProgressingWithRetry): apply Service: timeout",
		},
	},
}

func autoscaled(w *v1alpha1.SuperOfficeWebhook) {
	w.Spec.Receiver.Autoscaling = &v1alpha1.Autoscaling{MaxReplicas: 5}
}

func inPool(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Pool = "edge" }

func olderMember() *v1alpha1.SuperOfficeWebhook {
	return resource(inPool, func(w *v1alpha1.SuperOfficeWebhook) { w.Name, w.Spec.Receiver.Image = "older", "theirs" })
}

// pooledAs finds a pool of these members.
func pooledAs(members ...func() *v1alpha1.SuperOfficeWebhook) func(f *findings) {
	return func(f *findings) {
		var all []*v1alpha1.SuperOfficeWebhook
		for _, m := range members {
			all = append(all, m())
		}
		f.pool = &pooled{agreed: render.Agree(all, render.Options{Image: "receiver"})}
	}
}

func beingScaled(f *findings) {
	f.receivers.autoscaled = true
	f.receivers.rollout = observe.Rollout{Exists: true, Replicas: 5, Spare: 3, Current: 2, Ready: 2, Pending: "more", Scaling: true}
}

func TestSituations(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			w := s.webhook.DeepCopy()
			w.Status = statusOf(w, s.found, judge(w, s.found, s.failure))
			var got []string
			for _, c := range w.Status.Conditions {
				got = append(got, fmt.Sprintf("%s is %s (%s): %s", c.Type, c.Status, c.Reason, c.Message))
				if c.ObservedGeneration != generation {
					t.Errorf("%s speaks of generation %d", c.Type, c.ObservedGeneration)
				}
			}
			if diff := cmp.Diff(s.conditions, got); diff != "" {
				t.Errorf("conditions (-want +got)\n%s", diff)
			}
			address := "http://crm-receiver.sales.svc/webhook"
			if w.Spec.Exposure.TLS != nil {
				address = "https://crm-receiver.sales.svc/webhook"
			}
			if isPooled(w) {
				address = "http://edge-pool.sales.svc/hooks/sales/crm"
			}
			if w.Status.ObservedGeneration != generation || w.Status.Address.URL != address {
				t.Errorf("generation %d, address %s", w.Status.ObservedGeneration, w.Status.Address.URL)
			}
			wantKstatus(t, w, s.kstatus)
			w.Generation++ // the user has changed it since
			wantKstatus(t, w, status.InProgressStatus)
		})
	}
}

// wantKstatus asks what Flux, Helm and kpt go by.
func wantKstatus(t *testing.T, w *v1alpha1.SuperOfficeWebhook, want status.Status) {
	t.Helper()
	result, err := status.Compute(asUnstructured(t, w))
	if err != nil {
		t.Fatal(err)
	}
	if result.Status != want {
		t.Errorf("at generation %d kstatus says %s (%s), want %s", w.Generation, result.Status, result.Message, want)
	}
}
