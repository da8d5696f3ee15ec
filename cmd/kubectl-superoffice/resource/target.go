// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// podLabel is on each receiver pod of a resource, with its name.
	podLabel = "webhooks.superoffice.dev/webhook"
	// poolLabel is on each receiver pod of a pool, with its name.
	poolLabel = "webhooks.superoffice.dev/pool"
	// receiverContainer is the name of the container that is the receiver.
	receiverContainer = "receiver"
	// adminPortName is the name of the one for those who run a receiver.
	adminPortName = "admin"

	defaultPath = "/webhook"
	defaultKey  = "secret"
)

// intakePortNames are the names of the container port that faces SuperOffice: the scheme that it speaks.
var intakePortNames = []string{"http", "https"}

// Get reads a SuperOfficeWebhook.
func Get(ctx context.Context, c client.Reader, name client.ObjectKey) (*v1alpha1.SuperOfficeWebhook, error) {
	var webhook v1alpha1.SuperOfficeWebhook
	err := c.Get(ctx, name, &webhook)
	switch {
	case namesNoObject(err):
		return nil, errUnknown
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("there is no SuperOfficeWebhook %s", name)
	case err != nil:
		return nil, fmt.Errorf("read SuperOfficeWebhook %s: %w", name, err)
	}
	return &webhook, nil
}

var errUnknown = errors.New("the cluster does not know SuperOfficeWebhook resources: is the operator installed?")

// namesNoObject tells an API server's answer that there is nothing at a path, for a kind that it does not know, from the one
// that a kind has no such object. The former is mere text, to which the client adds what was asked for.
func namesNoObject(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details == nil || details.Name == "" || apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// List reads several.
func List(ctx context.Context, c client.Reader, into *v1alpha1.SuperOfficeWebhookList, scope ...client.ListOption) error {
	err := c.List(ctx, into, scope...)
	switch {
	case apierrors.IsNotFound(err):
		return errUnknown
	case err != nil:
		return fmt.Errorf("list SuperOfficeWebhooks: %w", err)
	}
	return nil
}

// Path is where the receivers accept events.
func Path(webhook *v1alpha1.SuperOfficeWebhook) string {
	if webhook.Spec.Receiver.Pool != "" {
		return path.Join("/hooks", webhook.Namespace, webhook.Name)
	}
	return cmp.Or(webhook.Spec.Exposure.Path, defaultPath)
}

// adminPath is below which the receivers tell about a resource. Those of a pool tell about others, too.
func adminPath(webhook *v1alpha1.SuperOfficeWebhook) string {
	if webhook.Spec.Receiver.Pool != "" {
		return Path(webhook)
	}
	return ""
}

// Secret reads the current shared secret, byte for byte.
func Secret(ctx context.Context, c client.Reader, webhook *v1alpha1.SuperOfficeWebhook) (superoffice.Secret, error) {
	ref := webhook.Spec.Secret
	name, key := client.ObjectKey{Namespace: webhook.Namespace, Name: ref.Name}, cmp.Or(string(ref.Key), defaultKey)
	var secret corev1.Secret
	err := c.Get(ctx, name, &secret)
	if apierrors.IsNotFound(err) {
		return superoffice.Secret{}, fmt.Errorf("there is no Secret %s, which spec.secret of the resource names", name)
	}
	if err != nil {
		return superoffice.Secret{}, fmt.Errorf("read Secret %s: %w", name, err)
	}
	value, ok := secret.Data[key]
	if !ok {
		return superoffice.Secret{}, fmt.Errorf("the Secret %s has no key %q, which spec.secret of the resource names", name, key)
	}
	if len(value) == 0 {
		return superoffice.Secret{}, fmt.Errorf("the key %q of Secret %s is empty", key, name)
	}
	return superoffice.NewSecret(value), nil
}

// Pod is a place to tunnel to.
type Pod struct {
	Namespace, Name string
	Port            int32
	// TLS says that the port speaks it.
	TLS bool
}

// ReadyPod picks a receiver pod that takes events: of those that are ready, the first by name.
func ReadyPod(ctx context.Context, c client.Reader, webhook *v1alpha1.SuperOfficeWebhook) (Pod, error) {
	pods, err := receiverPods(ctx, c, webhook)
	if err != nil {
		return Pod{}, err
	}
	for _, pod := range pods {
		if isReady(&pod) {
			return podWithPort(&pod, intakePortNames...)
		}
	}
	return Pod{}, fmt.Errorf("none of the %d receiver pods of SuperOfficeWebhook %s is ready; see: %s", len(pods), client.ObjectKeyFromObject(webhook), look(webhook))
}

// RunningPods returns all receiver pods that run, ready or not, by name, with the port for those who run them. There is
// one at least. Those that have ended or come up have no queue to ask for.
func RunningPods(ctx context.Context, c client.Reader, webhook *v1alpha1.SuperOfficeWebhook) ([]Pod, error) {
	pods, err := receiverPods(ctx, c, webhook)
	if err != nil {
		return nil, err
	}
	var running []Pod
	for _, pod := range pods {
		if pod.Status.Phase != corev1.PodRunning || pod.DeletionTimestamp != nil {
			continue
		}
		p, err := podWithPort(&pod, adminPortName)
		if err != nil {
			return nil, err
		}
		running = append(running, p)
	}
	if len(running) == 0 {
		return nil, fmt.Errorf("none of the %d receiver pods of SuperOfficeWebhook %s runs; see: %s", len(pods), client.ObjectKeyFromObject(webhook), look(webhook))
	}
	return running, nil
}

func receiverPods(ctx context.Context, c client.Reader, webhook *v1alpha1.SuperOfficeWebhook) ([]corev1.Pod, error) {
	var pods corev1.PodList
	err := c.List(ctx, &pods, client.InNamespace(webhook.Namespace), client.MatchingLabels(podLabels(webhook)))
	if err != nil {
		return nil, fmt.Errorf("list the receiver pods of SuperOfficeWebhook %s: %w", client.ObjectKeyFromObject(webhook), err)
	}
	slices.SortFunc(pods.Items, func(a, b corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return pods.Items, nil
}

// podLabels are by what the receiver pods of a resource are found.
func podLabels(webhook *v1alpha1.SuperOfficeWebhook) labels.Set {
	if pool := webhook.Spec.Receiver.Pool; pool != "" {
		return labels.Set{poolLabel: pool}
	}
	return labels.Set{podLabel: webhook.Name}
}

// look is the command that shows the receiver pods.
func look(webhook *v1alpha1.SuperOfficeWebhook) string {
	return fmt.Sprintf("kubectl get pods -n %s -l %s", webhook.Namespace, podLabels(webhook))
}

func isReady(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning {
		return false
	}
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

func podWithPort(pod *corev1.Pod, names ...string) (Pod, error) {
	for _, container := range pod.Spec.Containers {
		if container.Name != receiverContainer { // others may have ports of these names
			continue
		}
		for _, port := range container.Ports {
			if slices.Contains(names, port.Name) {
				return Pod{Namespace: pod.Namespace, Name: pod.Name, Port: port.ContainerPort, TLS: port.Name == "https"}, nil
			}
		}
	}
	return Pod{}, fmt.Errorf("the pod %s/%s has no port named %s", pod.Namespace, pod.Name, strings.Join(names, " or "))
}
