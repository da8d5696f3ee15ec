// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// Cluster is the API server to talk to and the namespace to look in.
type Cluster struct {
	Config    *rest.Config
	Client    client.WithWatch
	Namespace string
}

// Connect reads the kubeconfig as kubectl does. Arguments that are empty leave the choice to it.
func Connect(kubeconfig, kubeContext, namespace string) (*Cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: kubeContext}
	overrides.Context.Namespace = namespace
	loaded := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)

	config, err := loaded.ClientConfig()
	if clientcmd.IsEmptyConfig(err) { // whose own words recommend a variable that nobody uses
		return nil, errors.New("the kubeconfig is missing or names no cluster: set KUBECONFIG or give --kubeconfig")
	}
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	namespace, _, err = loaded.Namespace()
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: newScheme(), Mapper: newMapper()})
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	return &Cluster{Config: config, Client: c, Namespace: namespace}, nil
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{appsv1.AddToScheme, corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // two types of one name: a mistake in the program
		}
	}
	return scheme
}

// newMapper knows the kinds that the plugin reads. It spares the requests that ask an API server for all of its kinds, which
// no context ends.
func newMapper() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(nil)
	for kind, scope := range map[schema.GroupVersionKind]meta.RESTScope{
		v1alpha1.GroupVersion.WithKind("SuperOfficeWebhook"):                             meta.RESTScopeNamespace,
		corev1.SchemeGroupVersion.WithKind("Pod"):                                        meta.RESTScopeNamespace,
		corev1.SchemeGroupVersion.WithKind("Secret"):                                     meta.RESTScopeNamespace,
		corev1.SchemeGroupVersion.WithKind("Namespace"):                                  meta.RESTScopeRoot,
		appsv1.SchemeGroupVersion.WithKind("Deployment"):                                 meta.RESTScopeNamespace,
		{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}: meta.RESTScopeRoot,
	} {
		mapper.Add(kind, scope)
	}
	return mapper
}
