// SPDX-License-Identifier: Apache-2.0

package content

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// secretValue must never be part of an error.
const secretValue = "open-sesame"

// settings and keys are the objects that there are in the pod's namespace.
var (
	settings = corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "settings"},
		Data:       map[string]string{"color": "blue", "size": "5"},
		BinaryData: map[string][]byte{"logo": {0, 0xff}},
	}
	keys = corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "keys"},
		Data:       map[string][]byte{"password": []byte(secretValue), "user": []byte("alibaba")},
	}
	node = corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("4"),
		corev1.ResourceMemory: resource.MustParse("8Gi"),
	}
	yes = true
)

// newPod returns a pod with two containers, of which only "main" limits what it uses.
func newPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "web-0", UID: "1234",
			Labels:      map[string]string{"app": "web", "tier": `"front"`},
			Annotations: map[string]string{"example.com/note": "two\nlines"},
		},
		Spec: corev1.PodSpec{
			NodeName: "local", ServiceAccountName: "robot",
			InitContainers: []corev1.Container{{Name: "init"}},
			Containers: []corev1.Container{
				{Name: "main", Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("250m"), corev1.ResourceMemory: resource.MustParse("100Mi")},
					Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("200Mi")},
				}},
				{Name: "side"},
			},
		},
		Status: corev1.PodStatus{PodIP: "127.10.1.2", HostIP: "127.0.0.1"},
	}
}

// newReader returns a Reader of the pod's, and the API that it reads from.
func newReader(t *testing.T) (*Reader, *api) {
	t.Helper()
	a := &api{life: time.Hour}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/namespaces/shop/configmaps/{name}", a.configMap)
	mux.HandleFunc("GET /api/v1/namespaces/shop/secrets/{name}", a.secret)
	mux.HandleFunc("POST /api/v1/namespaces/shop/serviceaccounts/robot/token", a.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL, ContentConfig: rest.ContentConfig{ContentType: "application/json"}})
	if err != nil {
		t.Fatal(err)
	}
	return NewReader(client, newPod(), node), a
}

// api answers as the API server does, for the few things that a Reader asks.
type api struct {
	mu     sync.Mutex
	asked  []authenticationv1.TokenRequestSpec
	life   time.Duration // of the tokens that are issued
	broken bool
}

func (a *api) configMap(w http.ResponseWriter, r *http.Request) {
	a.get(w, r, "configmaps", settings.Name, settings)
}

func (a *api) secret(w http.ResponseWriter, r *http.Request) { a.get(w, r, "secrets", keys.Name, keys) }

func (a *api) get(w http.ResponseWriter, r *http.Request, resource, name string, object any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	asked := r.PathValue("name")
	switch {
	case a.broken:
		refuse(w, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, asked, nil))
	case asked != name:
		refuse(w, apierrors.NewNotFound(schema.GroupResource{Resource: resource}, asked))
	default:
		answer(w, http.StatusOK, object)
	}
}

// token issues tokens that tell which one they are.
func (a *api) token(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var request authenticationv1.TokenRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		refuse(w, apierrors.NewBadRequest(err.Error()))
		return
	}
	a.asked = append(a.asked, request.Spec)
	request.TypeMeta = metav1.TypeMeta{APIVersion: "authentication.k8s.io/v1", Kind: "TokenRequest"}
	request.Status.Token = strings.Repeat("t", len(a.asked))
	request.Status.ExpirationTimestamp = metav1.NewTime(time.Now().Add(a.life))
	answer(w, http.StatusCreated, request)
}

// requests are those for tokens.
func (a *api) requests() []authenticationv1.TokenRequestSpec {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

func refuse(w http.ResponseWriter, err *apierrors.StatusError) {
	status := err.Status()
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	answer(w, int(status.Code), status)
}

func answer(w http.ResponseWriter, code int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(object)
}

// fails checks that an error says what is wrong, and not what the secret is.
func fails(t *testing.T, err error, message string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), message) {
		t.Errorf("got %v, want an error with %q", err, message)
	}
	if err != nil && strings.Contains(err.Error(), secretValue) {
		t.Error("the error holds a value of a Secret")
	}
}
