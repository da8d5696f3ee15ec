// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/superoffice-webhook/operator/test/cluster/agent/content"
	"github.com/superoffice-webhook/operator/test/cluster/agent/server"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// Options say what an agent works with.
type Options struct {
	// Config is an administrator's access to the API server.
	Config *rest.Config
	// NodeName is what the node is called.
	NodeName string
	// Dir is where pods keep their volumes and logs. It must exist and be empty.
	Dir string
	// Images are the programs that stand for images, by the image's repository: its name without tag and digest.
	Images map[string]string
	// Spawner starts the containers' processes.
	Spawner *process.Spawner
	// TLS is how the API server reaches the node.
	TLS server.TLS
}

// Agent is a running node.
type Agent struct {
	options   Options
	client    kubernetes.Interface
	broadcast record.EventBroadcaster
	events    record.EventRecorder
	informers informers.SharedInformerFactory
	server    *server.Server

	ctx    context.Context // ends when the agent is to stop
	cancel context.CancelFunc
	wait   sync.WaitGroup // pods, and bindings under way

	mu   sync.Mutex
	pods map[types.UID]*pod
}

// Start registers the node and begins to run pods. Whoever gets an Agent must Stop it.
func Start(ctx context.Context, o Options) (*Agent, error) {
	client, err := kubernetes.NewForConfig(o.Config)
	if err != nil {
		return nil, fmt.Errorf("start node: %w", err)
	}
	a := &Agent{
		options:   o,
		client:    client,
		informers: informers.NewSharedInformerFactory(client, 0),
		pods:      map[types.UID]*pod{},
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.recordEvents()
	if err := a.start(ctx); err != nil {
		a.Stop()
		return nil, fmt.Errorf("start node: %w", err)
	}
	return a, nil
}

func (a *Agent) start(ctx context.Context) (err error) {
	if a.server, err = server.Start(a, a.options.TLS); err != nil {
		return err
	}
	if err := a.register(ctx); err != nil {
		return err
	}
	return a.watch(ctx)
}

// Stop ends all pods' processes, without a trace in the API, and returns when none is left.
func (a *Agent) Stop() {
	a.cancel()
	a.informers.Shutdown() // nothing new is begun after this
	a.wait.Wait()
	if a.server != nil {
		a.server.Stop()
	}
	a.broadcast.Shutdown()
}

func (a *Agent) recordEvents() {
	// That an event could not be written, such as for a namespace that has just gone, is of interest to nobody.
	quiet := logr.NewContext(context.Background(), logr.Discard())
	a.broadcast = record.NewBroadcaster(record.WithContext(quiet))
	a.broadcast.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: a.client.CoreV1().Events("")})
	a.events = a.broadcast.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "node-agent", Host: a.options.NodeName})
}

// event tells something about a pod, unless the whole cluster ends: there is nobody left to tell then.
func (a *Agent) event(object *corev1.Pod, kind, reason, message string) {
	if a.ctx.Err() == nil {
		a.events.Event(object, kind, reason, message)
	}
}

// watch follows pods, and the objects that pods are made of.
func (a *Agent) watch(ctx context.Context) error {
	core := a.informers.Core().V1()
	handlers := map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		core.Pods().Informer():       podHandler{a},
		core.ConfigMaps().Informer(): objectHandler(a, content.ConfigMap),
		core.Secrets().Informer():    objectHandler(a, content.Secret),
	}
	var synced []cache.InformerSynced
	for informer, handler := range handlers {
		registration, err := informer.AddEventHandler(handler)
		if err != nil {
			return fmt.Errorf("watch: %w", err)
		}
		synced = append(synced, registration.HasSynced)
	}
	a.informers.StartWithContext(a.ctx)
	if !cache.WaitForCacheSync(ctx.Done(), synced...) {
		return fmt.Errorf("watch pods: %w", context.Cause(ctx))
	}
	return nil
}

// podHandler hands each pod to the goroutine that runs it.
type podHandler struct{ *Agent }

func (h podHandler) OnAdd(object any, _ bool) { h.changed(object.(*corev1.Pod)) }
func (h podHandler) OnUpdate(_, object any)   { h.changed(object.(*corev1.Pod)) }
func (h podHandler) OnDelete(object any) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	h.deleted(object.(*corev1.Pod))
}

func (a *Agent) changed(object *corev1.Pod) {
	switch object.Spec.NodeName {
	case "":
		a.take(object)
	case a.options.NodeName:
		a.run(object)
	}
}

// run starts a pod, or tells the one that runs what has changed.
func (a *Agent) run(object *corev1.Pod) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, known := a.pods[object.UID]; known {
		p.post(func() { p.update(object) })
		return
	}
	if a.ctx.Err() != nil {
		return
	}
	p := newPod(a, object)
	a.pods[object.UID] = p
	a.wait.Go(func() { p.run(a.ctx) })
}

// deleted forgets a pod. One that was deleted by force is still running, and ends now.
func (a *Agent) deleted(object *corev1.Pod) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, known := a.pods[object.UID]; known {
		delete(a.pods, object.UID)
		p.post(p.vanish)
	}
}

// objectHandler wakes the pods that refer to an object when it changes, appears or disappears.
func objectHandler(a *Agent, kind string) cache.ResourceEventHandler {
	wake := func(object any) {
		if namespace, name, err := cache.SplitMetaNamespaceKey(key(object)); err == nil {
			a.wake(namespace, content.Reference{Kind: kind, Name: name})
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    wake,
		UpdateFunc: func(_, object any) { wake(object) },
		DeleteFunc: wake,
	}
}

func key(object any) string {
	k, _ := cache.DeletionHandlingMetaNamespaceKeyFunc(object) // all objects of informers have names
	return k
}

func (a *Agent) wake(namespace string, ref content.Reference) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.pods {
		if p.namespace == namespace && p.references[ref] {
			p.post(p.refresh)
		}
	}
}
