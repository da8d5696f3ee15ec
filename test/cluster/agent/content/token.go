// SPDX-License-Identifier: Apache-2.0

package content

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// tokenKey tells tokens of one pod apart.
type tokenKey struct {
	audience string
	seconds  int64
}

// token is a ServiceAccount token that is bound to the pod.
type token struct {
	value string
	// renew is when four fifths of its life are over, as with kubelet.
	renew time.Time
}

func (r *Reader) token(ctx context.Context, p *corev1.ServiceAccountTokenProjection) (token, error) {
	key := tokenKey{audience: p.Audience}
	if p.ExpirationSeconds != nil {
		key.seconds = *p.ExpirationSeconds
	}
	if t, ok := r.tokens[key]; ok && time.Now().Before(t.renew) {
		return t, nil
	}
	t, err := r.requestToken(ctx, key)
	if err == nil {
		r.tokens[key] = t
	}
	return t, err
}

func (r *Reader) requestToken(ctx context.Context, key tokenKey) (token, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		BoundObjectRef: &authenticationv1.BoundObjectReference{
			APIVersion: "v1", Kind: "Pod", Name: r.pod.Name, UID: r.pod.UID,
		},
	}}
	if key.audience != "" {
		request.Spec.Audiences = []string{key.audience}
	}
	if key.seconds != 0 {
		request.Spec.ExpirationSeconds = &key.seconds
	}
	account := r.pod.Spec.ServiceAccountName
	begun := time.Now()
	answer, err := r.client.CoreV1().ServiceAccounts(r.pod.Namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return token{}, fmt.Errorf("fetch token of serviceaccount %q: %w", account, err)
	}
	life := answer.Status.ExpirationTimestamp.Sub(begun)
	return token{value: answer.Status.Token, renew: begun.Add(life * 4 / 5)}, nil
}
