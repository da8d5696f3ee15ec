// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// allowConfigMaps lets a ServiceAccount list the ConfigMaps of its namespace.
func allowConfigMaps(t *testing.T, namespace, account string) {
	t.Helper()
	name := metav1.ObjectMeta{Name: "read-configmaps"}
	role := &rbacv1.Role{ObjectMeta: name, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"}},
	}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: namespace}},
	}
	rbac := shared.client.RbacV1()
	if _, err := rbac.Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := rbac.RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestPodIsWhoItsServiceAccountIs(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}
	if _, err := shared.client.CoreV1().ServiceAccounts(namespace).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod := newPod("web", "--token=/var/run/secrets/kubernetes.io/serviceaccount")
	pod.Spec.ServiceAccountName = "robot"
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "web", ready)
	user := "system:serviceaccount:" + namespace + ":robot"

	t.Run("with the kubeconfig that KUBECONFIG names", func(t *testing.T) {
		forbidden := fmt.Sprintf("User %q cannot list resource \"configmaps\"", user)
		if got := ask(t, namespace, "web", "/configmaps?namespace="+namespace); !strings.Contains(got, forbidden) {
			t.Errorf("got %s, want %s", got, forbidden)
		}
		allowConfigMaps(t, namespace, "robot")
		eventually(t, func() string { // the authorizer learns of it by a watch
			if got := ask(t, namespace, "web", "/configmaps?namespace="+namespace); got != "1 ConfigMaps" { // kube-root-ca.crt
				return got
			}
			return ""
		})
		if got := ask(t, namespace, "web", "/configmaps?namespace=default"); !strings.Contains(got, forbidden) {
			t.Errorf("got %s, want %s", got, forbidden)
		}
	})
	t.Run("with the token that is mounted", func(t *testing.T) {
		dir := strings.TrimPrefix(askJSON[[]string](t, namespace, "web", "/args")[0], "--token=")
		if got := askFile(t, namespace, filepath.Join(dir, "namespace")); got != namespace {
			t.Errorf("namespace %s", got)
		}
		client, err := kubernetes.NewForConfig(&rest.Config{
			Host:            shared.Config().Host,
			BearerToken:     askFile(t, namespace, filepath.Join(dir, "token")),
			TLSClientConfig: rest.TLSClientConfig{CAData: []byte(askFile(t, namespace, filepath.Join(dir, "ca.crt")))},
		})
		if err != nil {
			t.Fatal(err)
		}
		review, err := client.AuthenticationV1().SelfSubjectReviews().
			Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		info := review.Status.UserInfo
		if pod := info.Extra["authentication.kubernetes.io/pod-name"]; info.Username != user || len(pod) != 1 || pod[0] != "web" {
			t.Errorf("it is the token of %s in pod %v", info.Username, pod)
		}
	})
}

func TestPodWithoutTokenHasNoKubeconfig(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	no := false
	pod := newPod("web")
	pod.Spec.AutomountServiceAccountToken = &no
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "web", ready)
	if path, is := askJSON[map[string]string](t, namespace, "web", "/environment")["KUBECONFIG"]; is {
		t.Errorf("KUBECONFIG is %q", path)
	}
}

func TestPodSecurityStandardIsEnforced(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t, "pod-security.kubernetes.io/enforce=restricted")
	pods := shared.client.CoreV1().Pods(namespace)

	_, err := pods.Create(t.Context(), newPod("careless"), metav1.CreateOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false`) {
		t.Errorf("got %v", err)
	}

	yes, no := true, false
	pod := newPod("careful")
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot:   &yes,
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no,
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "careful", ready)
}

func TestPodsCanListenOnTheSamePort(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	addresses := map[string]string{}
	for _, name := range []string{"one", "two", "three"} {
		createPod(t, namespace, newPod(name))
	}
	for _, name := range []string{"one", "two", "three"} {
		pod := awaitPod(t, namespace, name, ready)
		if other, taken := addresses[pod.Status.PodIP]; taken {
			t.Errorf("pods %s and %s have one address", name, other)
		}
		addresses[pod.Status.PodIP] = name
		if got := askJSON[map[string]string](t, namespace, name, "/environment")["HOSTNAME"]; got != name {
			t.Errorf("at the address of pod %s answers %s", name, got)
		}
	}
}
