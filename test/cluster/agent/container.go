// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// container runs one container of a pod, again and again as its pod's restart policy says. It belongs to its pod's
// goroutine.
type container struct {
	pod  *pod
	spec *corev1.Container
	init bool

	current *run // nil before the first start
	started bool // it runs, and its startup probe has passed
	ready   bool
	waiting *corev1.ContainerStateWaiting    // why it does not run
	last    *corev1.ContainerStateTerminated // how the run before the current one ended
	runs    int32                            // how often it was started
	crashes int                              // how often it ended in a row, without having run well
	startAt time.Time                        // when it may start again
	warned  string                           // the last problem that an event told of
}

// run is one run of a container's process.
type run struct {
	process *process.Process
	id      string
	log     string
	began   metav1.Time
	ended   *corev1.ContainerStateTerminated // nil while it runs

	cancel     context.CancelFunc // ends its probes
	stopChecks context.CancelFunc // ends those probes that could restart it

	stopping bool
	deadline time.Time          // when its grace period is over
	endHook  context.CancelFunc // ends its preStop hook
	asked    time.Time          // when it got SIGTERM: after its preStop hook
}

func newContainer(p *pod, spec *corev1.Container, init bool) *container {
	reason := "ContainerCreating"
	if !init && len(p.object.Spec.InitContainers) > 0 {
		reason = "PodInitializing"
	}
	return &container{pod: p, spec: spec, init: init, waiting: &corev1.ContainerStateWaiting{Reason: reason}}
}

func (c *container) running() bool { return c.current != nil && c.current.ended == nil }

// succeeded tells whether an init container has done its work.
func (c *container) succeeded() bool {
	return c.current != nil && c.current.ended != nil && c.current.ended.ExitCode == 0
}

// advance starts the container if it should run and does not. It returns when to look again.
func (c *container) advance(ctx context.Context) (again time.Time) {
	switch {
	case c.running():
		return c.enforce()
	case c.current != nil && !c.restarts(c.current.ended.ExitCode):
		return time.Time{}
	case time.Now().Before(c.startAt):
		return c.startAt
	}
	if problem := c.start(ctx); problem != nil {
		c.waiting = &corev1.ContainerStateWaiting{Reason: problem.reason, Message: problem.Error()}
		c.startAt = time.Now().Add(retryInterval)
		c.warn("Failed", "Error: "+problem.Error())
		return c.startAt
	}
	return time.Time{}
}

// retry allows a start that failed to be tried again now, because what it lacked may have appeared.
func (c *container) retry() {
	if !c.running() && c.warned != "" {
		c.startAt = time.Time{}
	}
}

// warn tells the same problem only once.
func (c *container) warn(reason, message string) {
	if message != c.warned {
		c.warned = message
		c.pod.event(corev1.EventTypeWarning, reason, message)
	}
}

// began takes over a process that has just been started.
func (c *container) began(r *run) {
	if c.current != nil {
		c.last = c.current.ended
	}
	c.current, c.waiting, c.warned = r, nil, ""
	c.runs++
	c.pod.event(corev1.EventTypeNormal, "Started", "Started container "+c.spec.Name)
	c.pod.helpers.Go(func() {
		<-r.process.Done()
		c.pod.post(func() { c.ended(r) })
	})
}

// ended takes note of the end of a process, and decides when the next one starts.
func (c *container) ended(r *run) {
	r.cancel()
	if r.stopping {
		r.endHook()
	}
	c.started, c.ready = false, false
	code, _ := r.process.Exit()
	reason := "Completed"
	if code != 0 {
		reason = "Error"
	}
	r.ended = &corev1.ContainerStateTerminated{
		ExitCode: int32(code), // #nosec G115 -- at most 128 plus a signal
		Reason:   reason, StartedAt: r.began, FinishedAt: metav1.Now(), ContainerID: r.id,
		Message: c.lastWords(r),
	}
	if c.pod.ending() || !c.restarts(r.ended.ExitCode) {
		return
	}
	if time.Since(r.began.Time) >= wellAfter {
		c.crashes = 0
	}
	delay := restartDelay(c.crashes)
	c.crashes++
	c.startAt = time.Now().Add(delay)
	if delay == 0 {
		return
	}
	message := fmt.Sprintf("back-off %s restarting failed container=%s pod=%s", delay, c.spec.Name, c.pod.name)
	c.waiting = &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: message}
	c.pod.event(corev1.EventTypeWarning, "BackOff", message)
}

// restarts tells whether the container runs again after it ended with a code.
func (c *container) restarts(code int32) bool {
	switch c.pod.object.Spec.RestartPolicy {
	case corev1.RestartPolicyNever:
		return false
	case corev1.RestartPolicyOnFailure:
		return code != 0
	default:
		return !c.init || code != 0
	}
}

// stop asks the process to end, after its preStop hook, and sees to it that it has ended after the grace period. It
// may be called again, with a shorter one. It returns when to call again.
func (c *container) stop(grace time.Duration) (again time.Time) {
	r := c.current
	deadline := time.Now().Add(grace)
	if r.stopping {
		r.deadline = earliest(r.deadline, deadline)
		return c.enforce()
	}
	r.stopping, r.deadline = true, deadline
	r.stopChecks()
	ctx, cancel := context.WithCancel(context.Background())
	r.endHook = cancel
	hook := c.preStop()
	c.pod.helpers.Go(func() {
		hook(ctx)
		c.pod.post(func() { c.terminate(r) })
	})
	return deadline
}

// terminate sends SIGTERM once the preStop hook is over.
func (c *container) terminate(r *run) {
	r.endHook()
	if r.ended == nil {
		r.asked = time.Now()
		r.process.Signal(syscall.SIGTERM)
	}
}

// enforce ends the hook of a process whose grace period is over, and kills the process. As with kubelet, even a hook
// that takes all of the grace period leaves the process some time after SIGTERM.
func (c *container) enforce() (again time.Time) {
	r := c.current
	switch now, killAt := time.Now(), r.asked.Add(minimumGrace); {
	case !r.stopping:
		return time.Time{}
	case now.Before(r.deadline):
		return r.deadline
	case r.asked.IsZero():
		r.endHook() // which leads to SIGTERM, and wakes the pod
		return time.Time{}
	case now.Before(killAt):
		return killAt
	default:
		r.process.Kill()
		return time.Time{} // its end wakes the pod
	}
}

// status is what the API server should know about the container.
func (c *container) status() corev1.ContainerStatus {
	started := c.started
	s := corev1.ContainerStatus{
		Name: c.spec.Name, Image: c.spec.Image, ImageID: repository(c.spec.Image),
		Ready: c.ready, Started: &started, RestartCount: max(c.runs-1, 0),
	}
	if c.init {
		s.Ready = c.succeeded()
	}
	if c.last != nil {
		s.LastTerminationState.Terminated = c.last
	}
	r := c.current
	if r != nil {
		s.ContainerID = r.id
	}
	switch {
	case c.running():
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: r.began}
	case c.waiting != nil:
		s.State.Waiting = c.waiting
		if r != nil {
			s.LastTerminationState.Terminated = r.ended
		}
	default:
		s.State.Terminated = r.ended
	}
	return s
}
