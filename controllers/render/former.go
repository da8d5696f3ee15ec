// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
)

// Former is what receivers go by, and the way to them, as a resource that is suspended found it. It stays in force until the
// resource goes on: the pods have the files that it names, and SuperOffice posts to its path.
type Former struct {
	// file is the configuration, with delivery paused.
	file []byte
	config.Config
	// Ingress and HTTPRoute are those of the resource that are there; nil for none.
	Ingress   *networking.Ingress
	HTTPRoute *gateway.HTTPRoute
	// Pods are those of the pool that the resource is a member of; nil for pods of its own, which are not changed.
	Pods *core.PodTemplateSpec
}

// FormerOf reads the configuration that a resource's ConfigMap holds. It fails where receivers could not go by it, either.
func FormerOf(configMap *core.ConfigMap) (*Former, error) {
	file := []byte(configMap.Data[configKey])
	paused, err := pause(file)
	if err != nil {
		return nil, fmt.Errorf("ConfigMap %q: %w", configMap.Name, err)
	}
	c, err := config.Parse(paused)
	if err != nil {
		return nil, fmt.Errorf("ConfigMap %q: %w", configMap.Name, err)
	}
	return &Former{file: paused, Config: *c}, nil
}

// pause changes nothing of a configuration but that nothing is delivered. One that says so already stays as it is, byte for
// byte.
func pause(file []byte) ([]byte, error) {
	var c config.Config
	if err := yaml.UnmarshalStrict(file, &c); err != nil {
		return nil, err
	}
	if c.Suspend {
		return file, nil
	}
	c.Suspend = true
	return c.Marshal()
}

// Exposed is a resource with the way to its receivers that is in force, whatever its spec asks for meanwhile. A way that is
// missing is the one that it asks for, to the path that is in force. With nothing in force it is the resource itself.
func (f *Former) Exposed(w *v1alpha1.SuperOfficeWebhook) *v1alpha1.SuperOfficeWebhook {
	if f == nil {
		return w
	}
	w = w.DeepCopy()
	e := &w.Spec.Exposure
	if w.Spec.Receiver.Pool == "" {
		e.Path = f.Intake.Path
	}
	switch {
	case f.Intake.TLS == nil:
		e.TLS = nil
	case e.TLS == nil:
		e.TLS = &v1alpha1.ExposureTLS{}
	}
	switch {
	case f.Ingress != nil && (f.HTTPRoute == nil || e.Gateway == nil):
		e.Ingress, e.Gateway = formerIngress(f.Ingress), nil
	case f.HTTPRoute != nil && len(f.HTTPRoute.Spec.Hostnames) > 0: // else it is nobody's any more
		e.Ingress, e.Gateway = nil, formerGateway(f.HTTPRoute)
	}
	return w
}

func formerIngress(i *networking.Ingress) *v1alpha1.IngressExposure {
	e := &v1alpha1.IngressExposure{ClassName: i.Spec.IngressClassName}
	if len(i.Spec.Rules) > 0 {
		e.Host = v1alpha1.Hostname(i.Spec.Rules[0].Host)
	}
	if len(i.Spec.TLS) > 0 {
		e.TLSSecretName = i.Spec.TLS[0].SecretName
	}
	return e
}

func formerGateway(route *gateway.HTTPRoute) *v1alpha1.GatewayExposure {
	e := &v1alpha1.GatewayExposure{}
	for _, ref := range route.Spec.ParentRefs {
		parent := v1alpha1.GatewayReference{Name: string(ref.Name)}
		if ref.Namespace != nil {
			parent.Namespace = string(*ref.Namespace)
		}
		if ref.SectionName != nil {
			parent.SectionName = string(*ref.SectionName)
		}
		if ref.Port != nil {
			parent.Port = *ref.Port
		}
		e.ParentRefs = append(e.ParentRefs, parent)
	}
	for _, host := range route.Spec.Hostnames {
		e.Hostnames = append(e.Hostnames, v1alpha1.Hostname(host))
	}
	return e
}

// mountedFor are the files of a member that the pods have.
func (f *Former) mountedFor(member string) []*corev1.VolumeProjectionApplyConfiguration {
	var all []*corev1.VolumeProjectionApplyConfiguration
	for _, v := range f.Pods.Spec.Volumes {
		if v.Name != configVolumeName || v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			switch {
			case s.ConfigMap != nil && isFor(member, s.ConfigMap.Items):
				all = append(all, corev1.VolumeProjection().WithConfigMap(corev1.ConfigMapProjection().
					WithName(s.ConfigMap.Name).WithItems(sameItems(s.ConfigMap.Items)...).WithOptional(true)))
			case s.Secret != nil && isFor(member, s.Secret.Items):
				all = append(all, corev1.VolumeProjection().WithSecret(corev1.SecretProjection().
					WithName(s.Secret.Name).WithItems(sameItems(s.Secret.Items)...).WithOptional(true)))
			}
		}
	}
	return all
}

// isFor tells whether files are in the folder of a member.
func isFor(member string, items []core.KeyToPath) bool {
	return len(items) > 0 && strings.HasPrefix(items[0].Path, member+"/")
}

func sameItems(items []core.KeyToPath) []*corev1.KeyToPathApplyConfiguration {
	var same []*corev1.KeyToPathApplyConfiguration
	for _, i := range items {
		same = append(same, corev1.KeyToPath().WithKey(i.Key).WithPath(i.Path))
	}
	return same
}

// Keep has receivers go by the former configuration, if there is one.
func (o *Objects) Keep(f *Former) {
	if f == nil {
		return
	}
	o.ConfigMap.WithData(map[string]string{configKey: string(f.file)})
	o.ConfigHash = config.Hash(f.file)
}
