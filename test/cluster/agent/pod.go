// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/test/cluster/agent/content"
)

// retryInterval is how often something is tried again that a change of an object may put right sooner.
const retryInterval = 5 * time.Second

// pod runs one pod. All its state belongs to one goroutine, which wakes up when somebody posts something to it or a
// time has come, and then brings everything a step closer to what it should be. So nothing in it needs a lock but
// the queue of what was posted.
type pod struct {
	agent      *Agent
	namespace  string
	name       string
	references map[content.Reference]bool
	done       chan struct{}
	wake       chan struct{}

	mu    sync.Mutex
	queue []func()

	// The rest belongs to the goroutine in run.

	object     *corev1.Pod // as the API server has it
	reported   corev1.PodStatus
	dir        string
	claim      *claim
	volumes    volumes
	init, main []*container
	began      metav1.Time
	helpers    sync.WaitGroup // goroutines that wait for processes and probes

	shutdown bool // the agent is stopping
	vanished bool // the API server does not have the pod any more
	finished bool // nothing is left to do
}

func newPod(a *Agent, object *corev1.Pod) *pod {
	p := &pod{
		agent:      a,
		namespace:  object.Namespace,
		name:       object.Name,
		references: content.References(object),
		done:       make(chan struct{}),
		wake:       make(chan struct{}, 1),
		object:     object,
		reported:   *object.Status.DeepCopy(),
		dir:        filepath.Join(a.options.Dir, string(object.UID)),
		began:      metav1.Now(),
	}
	p.volumes = newVolumes(p)
	for i := range object.Spec.InitContainers {
		p.init = append(p.init, newContainer(p, &object.Spec.InitContainers[i], true))
	}
	for i := range object.Spec.Containers {
		p.main = append(p.main, newContainer(p, &object.Spec.Containers[i], false))
	}
	return p
}

// post has the pod's goroutine call f, soon. It never blocks.
func (p *pod) post(f func()) {
	p.mu.Lock()
	p.queue = append(p.queue, f)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is being woken already
	}
}

// ask has the pod's goroutine call f, and waits for it. A pod that has ended does not.
func (p *pod) ask(f func()) {
	asked := make(chan struct{})
	p.post(func() {
		defer close(asked)
		f()
	})
	select {
	case <-asked:
	case <-p.done:
	}
}

// run runs the pod until it is deleted, or until the context ends and with it every pod.
func (p *pod) run(ctx context.Context) {
	defer close(p.done)
	defer p.clean()
	stop := ctx.Done()
	for {
		p.drain()
		again := p.sync(ctx)
		if p.finished {
			return
		}
		timer := time.NewTimer(untilOrNever(again))
		select {
		case <-p.wake:
		case <-timer.C:
		case <-stop:
			stop, p.shutdown = nil, true
		}
		timer.Stop()
	}
}

func (p *pod) drain() {
	p.mu.Lock()
	queue := p.queue
	p.queue = nil
	p.mu.Unlock()
	for _, f := range queue {
		f()
	}
}

// sync takes the next step, and returns when to take another one if nothing happens before.
func (p *pod) sync(ctx context.Context) (again time.Time) {
	switch {
	case p.ending():
		return p.end(ctx)
	case terminal(p.reported.Phase):
	default:
		again = p.advance(ctx)
	}
	return earliest(again, p.report(ctx))
}

// advance mounts, then runs the init containers one after another, then the others.
func (p *pod) advance(ctx context.Context) time.Time {
	if p.claim == nil {
		if again, ok := p.prepare(); !ok {
			return again
		}
	}
	again, mounted := p.volumes.sync(ctx)
	if !mounted {
		return again
	}
	for _, c := range p.init {
		if !c.succeeded() {
			return earliest(again, c.advance(ctx))
		}
	}
	for _, c := range p.main {
		again = earliest(again, c.advance(ctx))
	}
	return again
}

// prepare gives the pod an address and a directory.
func (p *pod) prepare() (again time.Time, ok bool) {
	err := os.MkdirAll(p.dir, 0o750)
	if err == nil {
		p.claim, err = claimAddress()
	}
	if err != nil {
		p.event(corev1.EventTypeWarning, "FailedCreatePodSandBox", err.Error())
		return time.Now().Add(retryInterval), false
	}
	// What the pod is told about itself includes its address, which the API server does not know yet.
	p.update(p.object)
	return time.Time{}, true
}

// update takes over what the API server has of the pod.
func (p *pod) update(object *corev1.Pod) {
	before := p.object
	p.object = object.DeepCopy()
	if p.claim != nil {
		p.object.Status.PodIP, p.object.Status.HostIP = p.claim.ip, nodeAddress
	}
	p.volumes.update(before, p.object)
}

// refresh has everything read again that comes from objects.
func (p *pod) refresh() {
	p.volumes.stale = true
	for _, c := range p.containers() {
		c.retry()
	}
}

// vanish ends a pod that was deleted without waiting for it.
func (p *pod) vanish() { p.vanished = true }

func (p *pod) containers() []*container {
	return append(append([]*container(nil), p.init...), p.main...)
}

func (p *pod) event(kind, reason, message string) {
	p.agent.event(p.object, kind, reason, message)
}

// clean leaves nothing of the pod behind. Its processes have ended.
func (p *pod) clean() {
	p.helpers.Wait()
	p.claim.release()
	_ = os.RemoveAll(p.dir) // if it fails, the whole state directory goes with the cluster
}

// earliest returns the first of two times, of which a zero one means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func untilOrNever(t time.Time) time.Duration {
	if t.IsZero() {
		return time.Duration(1<<63 - 1)
	}
	return time.Until(t)
}
