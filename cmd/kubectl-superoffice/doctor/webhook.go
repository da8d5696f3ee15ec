// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"context"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/advice"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

func (p *patient) key() client.ObjectKey {
	return client.ObjectKey{Namespace: p.cluster.Namespace, Name: p.name}
}

// resource goes through the conditions.
func (p *patient) resource(ctx context.Context, f *findings) {
	webhook, err := resource.Get(ctx, p.cluster.Client, p.key())
	if err != nil {
		f.fail(cmp.Or(right(err, "Ask somebody who may read SuperOfficeWebhooks."), "kubectl superoffice get -A shows which there are."), "%v", err)
		return
	}
	p.webhook = webhook
	if webhook.Status.ObservedGeneration < webhook.Generation {
		f.fail("See that the operator runs and watches this namespace.", "the operator has not looked at this version of the resource")
	}
	states := map[advice.Severity]state{advice.Act: failed, advice.Wait: warning, advice.Look: warning, advice.Wanted: warning}
	fine := 0
	told := map[string]bool{}
	for _, c := range webhook.Status.Conditions {
		a := advice.Condition(c.Reason)
		if a.Severity == advice.Fine {
			fine++
			continue
		}
		if !told[c.Reason] { // Ready repeats the reason of what it sums up
			do := strings.NewReplacer("NAMESPACE", webhook.Namespace, "NAME", webhook.Name).Replace(a.Do)
			f.add(states[a.Severity], do, "%s is %s, %s: %s", c.Type, c.Status, c.Reason, c.Message)
		}
		told[c.Reason] = true
	}
	if fine > 0 && len(f.results) == 0 {
		f.ok("all of its %d conditions are well", fine)
	}
}

// secretSlots looks at the Secret, and never tells its value.
func (p *patient) secretSlots(ctx context.Context, f *findings) {
	if p.webhook == nil {
		f.skip("", "there is no resource that names it")
		return
	}
	slots, err := resource.Slots(ctx, p.cluster.Client, p.webhook)
	if err != nil {
		f.warn(cmp.Or(right(err, "Without the right to read it, what is wrong with a secret cannot be seen: give it with --secret-file."), "Make it, or see what spec.secret names."), "%v", err)
		return
	}
	if !p.slot.Present {
		p.slot = slots[0]
	}
	for _, slot := range slots {
		switch {
		case !slot.Present && slot.Name == "current":
			f.fail("Add the key, with the text of the field \"Secret\" in SuperOffice.", "the Secret %s has no key %q", p.webhook.Spec.Secret.Name, slot.Key)
		case slot.Present:
			tellSlot(f, slot)
		}
	}
}

func tellSlot(f *findings, slot resource.Slot) {
	flaws := slot.Flaws()
	for _, flaw := range flaws {
		s := warning
		if flaw.Fatal {
			s = failed
		}
		f.add(s, "Compare it with the field \"Secret\" in SuperOffice, to the last character.", "slot %s: %s", slot.Name, flaw.Text)
	}
	if len(flaws) == 0 {
		f.ok("slot %s has %d bytes, and nothing about it is suspicious", slot.Name, slot.Length())
	}
}

// receivers asks each of them.
func (p *patient) receivers(ctx context.Context, f *findings) {
	if p.webhook == nil {
		f.skip("", "there is no resource that they belong to")
		return
	}
	found, err := resource.Receivers(ctx, p.cluster, p.webhook)
	if err != nil {
		f.skip(right(err, "Ask somebody who may list pods."), "%v", err)
		return
	}
	tellReceivers(f, found)
}

func tellReceivers(f *findings, found []resource.Receiver) {
	hashes, ready := map[string]bool{}, 0
	for _, r := range found {
		switch {
		case !r.Ready:
			f.warn("See kubectl describe pod and its log.", "pod %s is not ready: %s", r.Pod, r.State)
		default:
			ready++
		}
		if r.Status == nil {
			if r.Ready {
				f.skip(right(r.Err, "You need the right to create pods/portforward."), "pod %s cannot be asked: %v", r.Pod, r.Err)
			}
			continue
		}
		hashes[r.Status.Config.Hash] = true
		if r.Status.Config.Error != "" {
			f.fail("It works on by the configuration before. Put right what it complains about.", "pod %s: %s", r.Pod, r.Status.Config.Error)
		}
		if r.Status.Queue.Error != "" {
			f.fail(advice.Rejection("QueueFailed"), "pod %s: %s", r.Pod, r.Status.Queue.Error)
		}
	}
	switch {
	case ready == 0:
		f.fail("SuperOffice gets no answer, and disables the webhook after about 15 seconds of that.", "none of %s is ready", output.Count(len(found), "receiver", "receivers"))
	case len(hashes) > 1:
		f.warn("Kubelet brings a changed configuration to the pods within about a minute: look again then.", "receivers work by %d different configurations", len(hashes))
	case len(f.results) == 0:
		f.ok("%s ready, all by the same configuration", output.Count(ready, "receiver is", "receivers are"))
	}
}

// insideTest posts a test event to a receiver without anything on the way, to tell whose fault it is when the one from
// outside fails.
func (p *patient) insideTest(ctx context.Context, f *findings) {
	if p.webhook == nil {
		f.skip("", "there is no resource to send it to")
		return
	}
	pod, err := resource.ReadyPod(ctx, p.cluster.Client, p.webhook)
	if err != nil {
		f.skip("", "%v", err)
		return
	}
	tunnel, err := resource.OpenTunnel(ctx, p.cluster.Config, pod)
	if err != nil {
		f.skip(right(err, "You need the right to create pods/portforward."), "%v", err)
		return
	}
	defer func() { _ = tunnel.Close() }() // what it was needed for is done
	a, err := p.post(ctx, tunnel.URL(p.webhook), tunnel.TLS())
	if err != nil {
		f.fail("See the pod's log.", "pod %s does not answer: %v", pod.Name, err)
		return
	}
	a.tell(f, "pod "+pod.Name+", without anything on the way,", p.slot.Present)
}
