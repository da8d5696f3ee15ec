// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// complete is a resource in which each type stands wherever it can.
const complete = `
apiVersion: webhooks.superoffice.dev/v1alpha1
kind: SuperOfficeWebhook
metadata: {name: crm, namespace: sales}
spec:
  secret: {name: crm-webhook}
  tenants: [Cust12345]
  ignoreAssociates: [37]
  queue: {embedded: {persistentVolumeClaim: {storageClassName: fast}}}
  receiver: {replicas: 1}
  exposure:
    service: {type: LoadBalancer, annotations: {team: sales}, ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv6], loadBalancerClass: example.com/internet}
    ingress: {host: hooks.example.com, className: nginx, annotations: {cert-manager.io/cluster-issuer: letsencrypt}, tlsSecretName: hooks-tls}
    probe: {interval: 10m}
  sinks:
  - name: bearer
    filter: event.ChangedByAssociateId != 37
    http:
      url: https://erp.example.com
      headers: [{name: X-Key, valueFrom: {secretKeyRef: {name: erp, key: key}}}]
      auth: {bearer: {secretKeyRef: {name: erp, key: token}}}
      signing: {keys: [{secretKeyRef: {name: erp, key: signing}}]}
      tls: {caRef: {name: erp, key: ca.crt}, clientCertificateRef: {name: client}}
    delivery: {order: PerRecord, rateLimit: {perSecond: 50}, retry: {maxAttempts: 100}}
  - name: basic
    http:
      url: https://erp.example.com
      auth: {basic: {username: erp, password: {secretKeyRef: {name: erp, key: password}}}}
  - name: oauth2
    http:
      url: https://erp.example.com
      auth:
        oauth2ClientCredentials:
          tokenURL: https://login.example.com
          clientID: erp
          clientSecret: {secretKeyRef: {name: erp, key: secret}}
          scopes: [erp.write]
          audience: https://erp.example.com
  - name: kafka
    kafka:
      brokers: [kafka:9092]
      topic: activities
      sasl: {mechanism: PLAIN, username: erp, password: {secretKeyRef: {name: kafka, key: password}}}
      tls: {caRef: {name: kafka, key: ca.crt}, clientCertificateRef: {name: client}}
  - name: nats
    nats:
      urls: [nats://nats:4222]
      subject: activities
      credentials: {secretKeyRef: {name: nats, key: user.creds}}
      tls: {caRef: {name: nats, key: ca.crt}, clientCertificateRef: {name: client}}
  - name: rabbitmq
    rabbitMQ:
      address: rabbitmq:5672
      exchange: activities
      auth: {username: erp, password: {secretKeyRef: {name: rabbitmq, key: password}}}
      tls: {caRef: {name: rabbitmq, key: ca.crt}, clientCertificateRef: {name: client}}
  - name: redis
    redis:
      address: redis:6379
      stream: activities
      maxLength: 100000
      auth: {username: erp, password: {secretKeyRef: {name: redis, key: password}}}
      tls: {caRef: {name: redis, key: ca.crt}, clientCertificateRef: {name: client}}
  - name: log
    log: {body: true, redact: ["*"]}
`

// clustered is one with what the complete one cannot have beside the rest.
const clustered = `
apiVersion: webhooks.superoffice.dev/v1alpha1
kind: SuperOfficeWebhook
metadata: {name: crm, namespace: sales}
spec:
  secret: {name: crm-webhook}
  queue:
    jetStream:
      urls: [nats://nats:4222]
      credentials: {secretKeyRef: {name: nats, key: user.creds}}
      tls: {caRef: {name: nats, key: ca.crt}, clientCertificateRef: {name: client}}
  exposure:
    gateway: {parentRefs: [{name: public, namespace: infra, sectionName: https, port: 443}], hostnames: [hooks.example.com]}
  sinks: [{name: log, log: {}}]
`

// loggedIn is another.
const loggedIn = `
apiVersion: webhooks.superoffice.dev/v1alpha1
kind: SuperOfficeWebhook
metadata: {name: crm, namespace: sales}
spec:
  secret: {name: crm-webhook}
  queue: {jetStream: {urls: [nats://nats:4222], auth: {username: erp, password: {secretKeyRef: {name: nats, key: password}}}}}
  sinks: [{name: log, log: {}}]
`

// place is where a value of a type of this API stands in a resource.
type place struct {
	resource string
	path     string
	holds    reflect.Type
}

// places finds them by their types, so that no field of a type can be forgotten.
func places(t *testing.T) []place {
	t.Helper()
	var found []place
	for i, text := range []string{complete, clustered, loggedIn} {
		var w SuperOfficeWebhook
		if err := yaml.UnmarshalStrict([]byte(text), &w); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			collect(reflect.ValueOf(w.Spec), "spec", text, &found)
			continue
		}
		collect(reflect.ValueOf(w.Spec.Queue), "spec.queue", text, &found) // the rest is in the complete one
		collect(reflect.ValueOf(w.Spec.Exposure.Gateway), "spec.exposure.gateway", text, &found)
	}
	return found
}

func collect(v reflect.Value, path, resource string, into *[]place) {
	if v.Type().PkgPath() == reflect.TypeFor[place]().PkgPath() {
		*into = append(*into, place{resource, path, v.Type()})
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			collect(v.Elem(), path, resource, into)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), fmt.Sprintf("%s[%d]", path, i), resource, into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			collect(v.Field(i), strings.TrimSuffix(path+"."+name, "."), resource, into) // an inlined struct has its parent's path
		}
	}
}
