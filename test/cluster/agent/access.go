// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"

	"github.com/superoffice-webhook/operator/test/cluster/agent/server"
)

// Address returns the address of a pod that has one.
func (a *Agent) Address(namespace, name string) (string, error) {
	p, err := a.find(namespace, name)
	if err != nil {
		return "", err
	}
	ip := ""
	p.ask(func() {
		if p.claim != nil {
			ip = p.claim.ip
		}
	})
	if ip == "" {
		return "", fmt.Errorf("pod %s/%s has no address: %w", namespace, name, server.ErrNotFound)
	}
	return ip, nil
}

// Log returns the log of a container's current run or, if previous is set, of the one before.
func (a *Agent) Log(namespace, name, container string, previous bool) (server.Log, error) {
	p, err := a.find(namespace, name)
	if err != nil {
		return server.Log{}, err
	}
	var log server.Log
	p.ask(func() { log, err = p.log(container, previous) })
	if err == nil && log.Path == "" {
		err = server.ErrNotFound
	}
	if err != nil {
		return server.Log{}, fmt.Errorf("log of container %q in pod %s/%s: %w", container, namespace, name, err)
	}
	return log, nil
}

// Kill kills a container's process as a crash would, and returns when it has ended. The container is restarted as
// its pod says.
func (a *Agent) Kill(namespace, name, container string) error {
	p, err := a.find(namespace, name)
	if err != nil {
		return err
	}
	var r *run
	p.ask(func() {
		if c := p.container(container); c != nil && c.running() {
			r = c.current
		}
	})
	if r == nil {
		return fmt.Errorf("no process of container %q in pod %s/%s: %w", container, namespace, name, server.ErrNotFound)
	}
	r.process.Kill()
	<-r.process.Done()
	return nil
}

// find returns the pod of a name. If there are two, an old one is about to end: the newer one is meant.
func (a *Agent) find(namespace, name string) (*pod, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found *pod
	for _, p := range a.pods {
		if p.namespace == namespace && p.name == name && (found == nil || found.began.Before(&p.began)) {
			found = p
		}
	}
	if found == nil {
		return nil, fmt.Errorf("pod %s/%s: %w", namespace, name, server.ErrNotFound)
	}
	return found, nil
}

func (p *pod) container(name string) *container {
	for _, c := range p.containers() {
		if c.spec.Name == name {
			return c
		}
	}
	return nil
}

// log belongs to the pod's goroutine.
func (p *pod) log(name string, previous bool) (server.Log, error) {
	c := p.container(name)
	if c == nil {
		return server.Log{}, server.ErrNotFound
	}
	if c.current == nil {
		return server.Log{}, fmt.Errorf("it is waiting to start: %s", c.waiting.Reason)
	}
	if !previous {
		return server.Log{Path: c.current.log, Ended: c.current.process.Done()}, nil
	}
	if c.previousLog() == "" {
		return server.Log{}, fmt.Errorf("no previous run: %w", server.ErrNotFound)
	}
	ended := make(chan struct{})
	close(ended)
	return server.Log{Path: c.previousLog(), Ended: ended}, nil
}
