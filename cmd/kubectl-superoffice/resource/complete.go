// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// completionTimeout is how long a person waits for what a shell completes.
const completionTimeout = 3 * time.Second

// Complete makes a command complete the names of resources as its first arguments, as many as atMost (0: any number), and
// the values of the flags for access and, where the command has one, of --sink. It is silent about errors: a shell has no
// place for them.
func (a *Access) Complete(cmd *cobra.Command, atMost int) {
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if atMost > 0 && len(args) >= atMost {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return beginning(without(a.names(cmd.Context()), args), begun), cobra.ShellCompDirectiveNoFileComp
	}
	for flag, values := range map[string]func(ctx context.Context, args []string) []string{
		"namespace": func(ctx context.Context, _ []string) []string { return a.namespaces(ctx) },
		"context":   func(context.Context, []string) []string { return a.contexts() },
		"sink":      a.sinks,
	} {
		if cmd.Flags().Lookup(flag) == nil {
			continue
		}
		_ = cmd.RegisterFlagCompletionFunc(flag, // fails only where there is no such flag, or two of these
			func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
				return beginning(values(cmd.Context(), args), begun), cobra.ShellCompDirectiveNoFileComp
			})
	}
}

func (a *Access) names(ctx context.Context) []string {
	var list v1alpha1.SuperOfficeWebhookList
	namespace, ok := a.list(ctx, &list, true)
	if !ok {
		return nil
	}
	var names []string
	for i := range list.Items {
		if list.Items[i].Namespace == namespace {
			names = append(names, list.Items[i].Name)
		}
	}
	return names
}

func (a *Access) namespaces(ctx context.Context) []string {
	var list corev1.NamespaceList
	if _, ok := a.list(ctx, &list, false); !ok {
		return nil
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// sinks are those of the resource that is named already.
func (a *Access) sinks(ctx context.Context, args []string) []string {
	var list v1alpha1.SuperOfficeWebhookList
	namespace, ok := a.list(ctx, &list, true)
	if !ok || len(args) == 0 {
		return nil
	}
	var names []string
	for i := range list.Items {
		if w := &list.Items[i]; w.Namespace == namespace && w.Name == args[0] {
			for _, sink := range w.Spec.Sinks {
				names = append(names, sink.Name)
			}
		}
	}
	return names
}

func (a *Access) contexts() []string {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = a.Kubeconfig
	config, err := rules.Load()
	if err != nil {
		return nil
	}
	var names []string
	for name := range config.Contexts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (a *Access) list(ctx context.Context, into client.ObjectList, inNamespace bool) (namespace string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, completionTimeout)
	defer cancel()
	cluster, err := a.Connect()
	if err != nil {
		return "", false
	}
	var options []client.ListOption
	if inNamespace {
		options = append(options, client.InNamespace(cluster.Namespace))
	}
	return cluster.Namespace, cluster.Client.List(ctx, into, options...) == nil
}

func beginning(names []string, begun string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, begun) })
}

func without(names, given []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(given, name) })
}
