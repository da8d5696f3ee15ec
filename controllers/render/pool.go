// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
)

// engineBytes are more than the queue engine of a pool takes that no member keeps a queue in.
const engineBytes = 64 << 20

// Member is a resource that shares receivers with others, with what its sinks refer to.
type Member struct {
	*v1alpha1.SuperOfficeWebhook
	// Targets are only of interest where the pool's network policy restricts whom receivers reach.
	Targets Targets
	// Former is what a member that is suspended has in force; nil where that is what it says.
	Former *Former
}

// jetStream is where the member's queue is, until the receivers have another configuration.
func (m Member) jetStream() *config.JetStream {
	if m.Former != nil {
		return m.Former.Queue.JetStream
	}
	return jetStream(m.SuperOfficeWebhook)
}

func (m Member) dataBytes() int64 {
	switch {
	case m.Former == nil:
		return dataBytes(m.SuperOfficeWebhook)
	case m.Former.Queue.JetStream != nil:
		return 0
	}
	return 3 * m.Former.Queue.MaxBytes
}

// files are those of the member that its configuration names, and those that it will name when the member goes on. Where one
// is meant by both, the former stays.
func (m Member) files() []*corev1.VolumeProjectionApplyConfiguration {
	wanted := memberFiles(m.SuperOfficeWebhook)
	if m.Former == nil {
		return wanted
	}
	all := m.Former.mountedFor(m.Name)
	there := map[string]bool{}
	for _, f := range all {
		for _, i := range *itemsOf(f) {
			there[*i.Path] = true
		}
	}
	for _, f := range wanted {
		items := itemsOf(f)
		*items = slices.DeleteFunc(*items, func(i corev1.KeyToPathApplyConfiguration) bool { return there[*i.Path] })
		if len(*items) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// Pool renders the receivers that members, of which there is one at least, share, shaped by what they agreed on.
func Pool(members []Member, agreed *Agreement, o Options) (*Objects, error) {
	members = slices.SortedFunc(slices.Values(members), func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	pool := members[0].Spec.Receiver.Pool
	r := &receivers{
		namespace: members[0].Namespace, name: PoolName(pool), selector: selector(LabelPool, pool),
		shape:         agreed.Receiver,
		service:       agreed.Service,
		entrance:      inClear,
		leadsTo:       inClear,
		configuration: "--config-dir=" + configDir,
		fingerprint:   poolFingerprint(members),
	}
	var deliverTo []Target
	for _, m := range members {
		r.owners = append(r.owners, coOwner(m.SuperOfficeWebhook))
		r.dataBytes += m.dataBytes()
		r.files = append(r.files, m.files()...)
		deliverTo = append(deliverTo, m.Targets.sorted()...)
	}
	r.dataBytes = max(r.dataBytes, engineBytes)
	return r.objects(o, deliverTo)
}

// memberFiles show what a dedicated receiver sees, in a folder of the member's name. Nothing that one member lacks keeps a
// pod, which serves the others, from starting.
func memberFiles(w *v1alpha1.SuperOfficeWebhook) []*corev1.VolumeProjectionApplyConfiguration {
	files := configFiles(w)
	for _, f := range files {
		if f.ConfigMap != nil {
			f.ConfigMap.WithOptional(true)
		} else {
			f.Secret.WithOptional(true)
		}
		items := *itemsOf(f)
		for i := range items {
			items[i].WithPath(path.Join(w.Name, *items[i].Path))
		}
	}
	return files
}

func itemsOf(f *corev1.VolumeProjectionApplyConfiguration) *[]corev1.KeyToPathApplyConfiguration {
	if f.ConfigMap != nil {
		return &f.ConfigMap.Items
	}
	return &f.Secret.Items
}

// poolFingerprint changes with that of any member.
func poolFingerprint(members []Member) map[string]string {
	all := sha256.New()
	some := false
	for _, m := range members {
		for _, of := range queueFingerprint(m.jetStream()) {
			some = true
			fmt.Fprintln(all, m.Name, of)
		}
	}
	if !some {
		return nil
	}
	return map[string]string{queueAnnotation: fmt.Sprintf("%x", all.Sum(nil))[:16]}
}

// bySeniority puts the oldest first.
func bySeniority(a, b *v1alpha1.SuperOfficeWebhook) int {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
}
