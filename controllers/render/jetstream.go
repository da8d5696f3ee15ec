// SPDX-License-Identifier: Apache-2.0

package render

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
)

// queueAnnotation tells pods of one queue from those of another. A receiver cannot move to another while it runs.
const queueAnnotation = "webhooks.superoffice.dev/queue"

// jetStream is where the queue is that all receivers share; nil if each has its own.
func jetStream(w *v1alpha1.SuperOfficeWebhook) *config.JetStream {
	in := w.Spec.Queue.JetStream
	if in == nil {
		return nil
	}
	out := &config.JetStream{
		Prefix: queuePrefix(w), Replicas: int(in.Replicas),
		CredentialsFile: fileOf(in.Credentials), Auth: userPassword(in.Auth), TLS: transport(in.TLS),
	}
	for _, u := range in.URLs {
		out.URLs = append(out.URLs, string(u))
	}
	return out
}

// queuePrefix has an underscore between the two names because none of them can have one: the queues of a-b/c and of a/b-c
// are two.
func queuePrefix(w *v1alpha1.SuperOfficeWebhook) string {
	return fmt.Sprintf("superoffice_%s_%s", w.Namespace, w.Name)
}

// queueFingerprint changes with all that a receiver cannot take over in place: the servers, and the way to log in. Nothing
// when the queue is in the pod.
func queueFingerprint(c *config.JetStream) map[string]string {
	if c == nil {
		return nil
	}
	data, _ := json.Marshal([]any{c.URLs, c.Prefix, c.CredentialsFile != "", c.Auth != nil, c.TLS != nil}) // can't fail: strings and booleans
	return map[string]string{queueAnnotation: fmt.Sprintf("%x", sha256.Sum256(data))[:16]}
}
