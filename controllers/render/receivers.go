// SPDX-License-Identifier: Apache-2.0

package render

import (
	"path"

	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	metav1 "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// receivers are the pods of one Deployment: those of one resource, or those that the members of a pool share.
type receivers struct {
	namespace string
	// name of all their objects.
	name string
	// selector picks the pods. It must never change: the selector of a Deployment is immutable.
	selector map[string]string
	owners   []*metav1.OwnerReferenceApplyConfiguration
	// shape is what is said about the pods, but for pool and tracing.
	shape   v1alpha1.Receiver
	service v1alpha1.ServiceExposure
	// entrance is that of the pods, and leadsTo the one that the Service leads to, which follows it.
	entrance, leadsTo entrance
	// claimed says that the queue is on a claimed volume, which one pod only can use.
	claimed bool
	// dataBytes is the size of the volume of the queues; 0 where they are all elsewhere.
	dataBytes int64
	// configuration is the argument that names the configuration, and files are that and the Secrets, below configDir.
	configuration string
	files         []*corev1.VolumeProjectionApplyConfiguration
	// fingerprint, as annotations of the pods, changes with what they cannot take over in place.
	fingerprint map[string]string
}

// alone are the receivers of a resource that has pods of its own.
func alone(w *v1alpha1.SuperOfficeWebhook) *receivers {
	return &receivers{
		namespace: w.Namespace, name: Name(w), selector: selector(LabelWebhook, w.Name),
		owners:   []*metav1.OwnerReferenceApplyConfiguration{owner(w)},
		shape:    w.Spec.Receiver,
		service:  w.Spec.Exposure.Service,
		entrance: entranceOf(w), leadsTo: entranceOf(w), claimed: claimOf(w) != nil, dataBytes: dataBytes(w),
		configuration: "--config=" + path.Join(configDir, configKey),
		files:         configFiles(w), fingerprint: queueFingerprint(jetStream(w)),
	}
}

// objects are what these receivers need, but for their configuration and a claim. The pods that they deliver to are those
// behind the objects that sinks refer to.
func (r *receivers) objects(o Options, deliverTo []Target) (*Objects, error) {
	template, err := podTemplate(r, o)
	if err != nil {
		return nil, err
	}
	scaler, err := horizontalPodAutoscaler(r, o)
	if err != nil {
		return nil, err
	}
	objects := &Objects{
		ServiceAccount:          serviceAccount(r, o),
		Service:                 service(r, o),
		PodDisruptionBudget:     podDisruptionBudget(r, o),
		Deployment:              deployment(r, o, template),
		HorizontalPodAutoscaler: scaler,
		NetworkPolicy:           networkPolicy(r, o, deliverTo),
		LeastReplicas:           r.leastReplicas(),
		Autoscaled:              r.shape.Autoscaling != nil,
	}
	return objects, nil
}

// leastReplicas are how many receivers there are to be: exactly, or, under an autoscaler, at least and at first.
func (r *receivers) leastReplicas() int32 {
	switch {
	case r.claimed:
		return 1
	case r.shape.Autoscaling != nil && r.shape.Autoscaling.MinReplicas != nil:
		return *r.shape.Autoscaling.MinReplicas
	case r.shape.Replicas != nil:
		return *r.shape.Replicas
	}
	return defaultReplicas
}
