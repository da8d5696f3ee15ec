// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Exposure says how SuperOffice reaches the receiver. A Service is always
// made. Beside it an Ingress or an HTTPRoute of the Gateway API can be, which
// is deleted again when it is no longer asked for.
//
// +kubebuilder:validation:XValidation:rule="!has(self.ingress) || !has(self.gateway)",message="at most one of ingress and gateway can be set"
// +kubebuilder:validation:XValidation:rule="!has(self.probe) || has(self.ingress) || has(self.gateway) || self.service.type == 'LoadBalancer'",message="probe needs ingress, gateway or service.type LoadBalancer: without them no URL outside of the cluster is known"
type Exposure struct {
	// path on which events are accepted. Every other path is answered with 404.
	// With spec.receiver.pool it is /hooks/<namespace>/<name> and cannot be set.
	// +optional
	// +kubebuilder:default=/webhook
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^/[-._~A-Za-z0-9/]*$`
	// +kubebuilder:validation:XValidation:rule="self.startsWith('/') && !self.contains('//') && !self.contains('/./') && !self.contains('/../') && !self.endsWith('/.') && !self.endsWith('/..')",message="must be a clean path like /webhook: '/' first, and no '//', '/./' or '/../'"
	Path string `json:"path,omitempty"`
	// tls has the receiver pods speak TLS (1.2 or 1.3) and HTTP/2, with the
	// Service on port 443. It is for whoever wants no clear text inside the
	// cluster, or has nothing in front that speaks TLS. Default: HTTP in clear,
	// for an Ingress or a Gateway in front that speaks TLS.
	// +optional
	TLS *ExposureTLS `json:"tls,omitempty"`
	// service shapes the Service NAME-receiver, which leads to all ready
	// receivers. With spec.receiver.pool it is the Service POOL-pool of all
	// members.
	// +optional
	// +kubebuilder:default={}
	Service ServiceExposure `json:"service,omitempty"`
	// ingress makes an Ingress NAME-receiver for exactly the path. Default: none.
	// +optional
	Ingress *IngressExposure `json:"ingress,omitempty"`
	// gateway makes an HTTPRoute NAME-receiver for exactly the path, as soon as
	// the cluster serves the Gateway API. Default: none.
	// +optional
	Gateway *GatewayExposure `json:"gateway,omitempty"`
	// probe lets the operator post a signed test event to status.address.url, as
	// SuperOffice does when a webhook is saved there, and tell in the condition
	// Reachable what was answered. Default: off.
	// +optional
	Probe *Probe `json:"probe,omitempty"`
}

// ServiceExposure shapes the Service.
//
// +kubebuilder:validation:XValidation:rule="!has(self.loadBalancerClass) || self.type == 'LoadBalancer'",message="loadBalancerClass needs type LoadBalancer"
// +kubebuilder:validation:XValidation:rule="!has(self.ipFamilies) || size(self.ipFamilies) < 2 || !has(self.ipFamilyPolicy) || self.ipFamilyPolicy != 'SingleStack'",message="two ipFamilies need the ipFamilyPolicy PreferDualStack or RequireDualStack"
type ServiceExposure struct {
	// type of the Service: ClusterIP (inside the cluster), NodePort (at a port of
	// each node) or LoadBalancer. Default ClusterIP.
	// +optional
	// +kubebuilder:default=ClusterIP
	Type ServiceType `json:"type,omitempty"`
	// annotations of the Service, by which clouds shape their load balancers.
	// +optional
	Annotations Annotations `json:"annotations,omitempty"`
	// ipFamilyPolicy: SingleStack, PreferDualStack (IPv4 and IPv6 where the
	// cluster has both) or RequireDualStack. Default: the cluster's, SingleStack.
	// +optional
	IPFamilyPolicy IPFamilyPolicy `json:"ipFamilyPolicy,omitempty"`
	// ipFamilies of the Service: IPv4, IPv6 or both, the first one first. The
	// first can't be changed while the Service is there. Default: the cluster's.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	IPFamilies []IPFamily `json:"ipFamilies,omitempty"`
	// loadBalancerClass chooses who makes the load balancer, like
	// service.k8s.aws/nlb. It can't be changed while the Service is of the type
	// LoadBalancer. Default: the cluster's.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$`
	LoadBalancerClass string `json:"loadBalancerClass,omitempty"`
}

// ServiceType is how a Service is reached.
//
// +kubebuilder:validation:Enum=ClusterIP;NodePort;LoadBalancer
type ServiceType string

// The types.
const (
	ServiceClusterIP    ServiceType = "ClusterIP"
	ServiceNodePort     ServiceType = "NodePort"
	ServiceLoadBalancer ServiceType = "LoadBalancer"
)

// IPFamilyPolicy is whether a Service has addresses of one family or of two.
//
// +kubebuilder:validation:Enum=SingleStack;PreferDualStack;RequireDualStack
type IPFamilyPolicy string

// IPFamily is IPv4 or IPv6.
//
// +kubebuilder:validation:Enum=IPv4;IPv6
type IPFamily string

// IngressExposure shapes the Ingress.
type IngressExposure struct {
	// host by which SuperOffice reaches the webhook, like hooks.example.com. Its
	// entry in the DNS is up to you, or to ExternalDNS.
	// +required
	Host Hostname `json:"host"`
	// className is the name of the IngressClass, like nginx. Default: the
	// cluster's default class.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	ClassName *string `json:"className,omitempty"`
	// annotations of the Ingress, for its controller, cert-manager or ExternalDNS,
	// like cert-manager.io/cluster-issuer.
	// +optional
	Annotations Annotations `json:"annotations,omitempty"`
	// tlsSecretName is the Secret with the host's certificate, of the type
	// kubernetes.io/tls. The ingress controller reads it; cert-manager may be the
	// one who makes it. Default: no TLS, which SuperOffice Online refuses.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	TLSSecretName string `json:"tlsSecretName,omitempty"`
}

// GatewayExposure shapes the HTTPRoute.
type GatewayExposure struct {
	// parentRefs are the Gateways that the route is to be attached to.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.name == b.name && (has(a.__namespace__) ? a.__namespace__ : '') == (has(b.__namespace__) ? b.__namespace__ : '') && (!has(a.sectionName) || !has(b.sectionName) || a.sectionName == b.sectionName)))",message="each must be another Gateway, or name another section of it"
	ParentRefs []GatewayReference `json:"parentRefs"`
	// hostnames by which SuperOffice reaches the webhook, like hooks.example.com.
	// The first is that of status.address.url.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Hostnames []Hostname `json:"hostnames"`
}

// GatewayReference names a Gateway, or a listener of it.
type GatewayReference struct {
	// name of the Gateway.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
	// namespace of the Gateway. Whether routes from here may be attached to it is
	// said by its listeners (allowedRoutes). Default: the resource's own.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespace string `json:"namespace,omitempty"`
	// sectionName is the name of one listener, like https. Default: all that fit.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	SectionName string `json:"sectionName,omitempty"`
	// port is that of the listeners, like 443. Default: any.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
}

// Probe says how often the public URL is tried.
type Probe struct {
	// interval between two test events, like 5m, from 10s to 24h. While they are
	// not answered as they should be, the next one comes after 30 seconds at most.
	// Default 5m.
	// +optional
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('10s') && duration(self) <= duration('24h')",message="must be a duration between 10s and 24h, like 5m"
	Interval Duration `json:"interval,omitempty"`
}
