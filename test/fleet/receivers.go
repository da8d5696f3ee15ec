// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/superoffice-webhook/operator/controllers/render"
	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/status"
)

const (
	// maxReceivers is how many addresses there are.
	maxReceivers = 64 * 250
	// hands write the status of pods at the same time.
	hands = 8
)

// receivers stand for all receiver pods: those of each resource or pool have one address of this machine, at which they say
// that they work by the configuration in the resource's ConfigMap.
type receivers struct {
	clients kubernetes.Interface
	started time.Time

	mu      sync.Mutex
	index   map[types.NamespacedName]int    // the address, by the resource or pool
	hashes  map[types.NamespacedName]string // by the resource
	servers []*http.Server
}

func newReceivers(clients kubernetes.Interface) *receivers {
	return &receivers{clients: clients, started: time.Now(), index: map[types.NamespacedName]int{}, hashes: map[types.NamespacedName]string{}}
}

func addressOf(i int) string { return fmt.Sprintf("127.%d.%d.%d", 64+i/(250*64), i/250%64, 1+i%250) }

// add makes receivers of a resource or a pool.
func (r *receivers) add(of types.NamespacedName) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := len(r.index)
	listener, err := net.Listen("tcp", net.JoinHostPort(addressOf(i), strconv.Itoa(render.AdminPort)))
	if err != nil {
		return err
	}
	r.index[of] = i
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler:           r.handler(of),
	}
	r.servers = append(r.servers, server)
	go func() { _ = server.Serve(listener) }() // ends with close
	return nil
}

func (r *receivers) close() {
	for _, s := range r.servers {
		_ = s.Close()
	}
}

// handler answers for a resource, or for those of a pool, each below its path.
func (r *receivers) handler(of types.NamespacedName) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { r.tell(w, of) })
	mux.HandleFunc("GET /hooks/{namespace}/{name}/status", func(w http.ResponseWriter, req *http.Request) {
		r.tell(w, types.NamespacedName{Namespace: req.PathValue("namespace"), Name: req.PathValue("name")})
	})
	mux.HandleFunc("POST "+secretcheck.Path, confirm)
	mux.HandleFunc("POST /hooks/{namespace}/{name}"+secretcheck.Path, confirm)
	return mux
}

// confirm says that the Secret is in force, whatever it holds.
func confirm(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(secretcheck.Answer{InForce: true})
}

func (r *receivers) tell(w http.ResponseWriter, resource types.NamespacedName) {
	r.mu.Lock()
	hash := r.hashes[resource]
	r.mu.Unlock()
	_ = json.NewEncoder(w).Encode(status.Status{
		Version: "bench", Started: r.started, Ready: true,
		Config: status.Config{Hash: hash, Loaded: r.started},
		Queue:  status.Queue{MaxBytes: 1 << 30},
		Sinks:  []status.Sink{{Name: "erp", State: status.Delivering}},
	})
}

// run has receivers start and take over their configuration, until the context ends.
func (r *receivers) run(ctx context.Context) error {
	factory := informers.NewSharedInformerFactoryWithOptions(r.clients, 0, informers.WithTweakListOptions(func(o *meta.ListOptions) {
		o.LabelSelector = render.LabelManagedBy + "=" + render.ManagedBy
	}))
	pods := make(chan *core.Pod, 10_000)
	for range hands {
		go func() {
			for {
				select {
				case <-ctx.Done():
					return
				case p := <-pods:
					if err := r.start(ctx, p); err != nil && ctx.Err() == nil {
						say("start pod %s: %v", p.Name, err)
					}
				}
			}
		}()
	}
	_, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { pods <- o.(*core.Pod) },
	})
	if err != nil {
		return err
	}
	_, err = factory.Core().V1().ConfigMaps().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { r.configure(o.(*core.ConfigMap)) },
		UpdateFunc: func(_, o any) { r.configure(o.(*core.ConfigMap)) },
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return nil
}

func (r *receivers) configure(c *core.ConfigMap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	resource := types.NamespacedName{Namespace: c.Namespace, Name: c.Labels[render.LabelWebhook]}
	r.hashes[resource] = config.Hash([]byte(c.Data["receiver.yaml"]))
}

// start tells a pod ready, as kubelet would.
func (r *receivers) start(ctx context.Context, p *core.Pod) error {
	r.mu.Lock()
	whose := cmp.Or(p.Labels[render.LabelPool], p.Labels[render.LabelWebhook])
	i, ok := r.index[types.NamespacedName{Namespace: p.Namespace, Name: whose}]
	r.mu.Unlock()
	if !ok {
		return nil
	}
	ready := func(kind core.PodConditionType) core.PodCondition {
		return core.PodCondition{Type: kind, Status: core.ConditionTrue, LastTransitionTime: meta.Now()}
	}
	now := meta.Now()
	patch, err := json.Marshal(map[string]any{"status": core.PodStatus{
		Phase: core.PodRunning, PodIP: addressOf(i), PodIPs: []core.PodIP{{IP: addressOf(i)}}, StartTime: &now,
		Conditions: []core.PodCondition{ready(core.PodScheduled), ready(core.PodInitialized), ready(core.ContainersReady), ready(core.PodReady)},
		ContainerStatuses: []core.ContainerStatus{{
			Name: "receiver", Ready: true, Image: "receiver", State: core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: now}},
		}},
	}})
	if err != nil {
		return err
	}
	_, err = r.clients.CoreV1().Pods(p.Namespace).Patch(ctx, p.Name, types.StrategicMergePatchType, patch, meta.PatchOptions{}, "status")
	return err
}
