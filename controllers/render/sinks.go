// SPDX-License-Identifier: Apache-2.0

package render

import (
	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
)

func sink(at string, s v1alpha1.Sink, target Target, d *durations) config.Sink {
	out := config.Sink{
		Name:     s.Name,
		Events:   eventNames(s.Events),
		Filter:   s.Filter,
		Format:   config.Format(s.Format),
		Delivery: delivery(at+".delivery", s.Delivery, d),
	}
	switch {
	case s.HTTP != nil:
		out.HTTP = httpSink(at+".http", s.HTTP, d)
		if s.HTTP.Ref != nil {
			out.HTTP.URL, out.WaitingFor = target.urlOf(s.HTTP.Ref), target.WaitingFor
		}
	case s.Kafka != nil:
		out.Kafka = kafkaSink(at+".kafka", s.Kafka, d)
	case s.NATS != nil:
		out.NATS = natsSink(at+".nats", s.NATS, d)
	case s.RabbitMQ != nil:
		out.RabbitMQ = rabbitMQSink(at+".rabbitMQ", s.RabbitMQ, d)
	case s.Redis != nil:
		out.Redis = redisSink(at+".redis", s.Redis, d)
	case s.Log != nil:
		out.Log = &config.Log{Body: s.Log.Body, Redact: s.Log.Redact}
	}
	return out
}

func delivery(at string, in v1alpha1.Delivery, d *durations) config.Delivery {
	out := config.Delivery{
		Order:          config.Order(in.Order),
		Concurrency:    int(in.Concurrency),
		InitialBackoff: d.parse(at+".retry.backoff.initial", in.Retry.Backoff.Initial),
		MaxBackoff:     d.parse(at+".retry.backoff.max", in.Retry.Backoff.Max),
		MaxAge:         d.parse(at+".retry.maxAge", in.Retry.MaxAge),
		MaxAttempts:    int(in.Retry.MaxAttempts),
	}
	if in.RateLimit != nil {
		out.PerSecond = int(in.RateLimit.PerSecond)
	}
	return out
}

func httpSink(at string, in *v1alpha1.HTTPSink, d *durations) *config.HTTP {
	out := &config.HTTP{
		URL: in.URL, Auth: httpAuth(in.Auth), TLS: transport(in.TLS), Timeout: d.timeout(at, in.Timeout),
	}
	for _, h := range in.Headers {
		out.Headers = append(out.Headers, config.Header{Name: h.Name, Value: h.Value, File: fileOf(h.ValueFrom)})
	}
	if in.Signing != nil {
		for i := range in.Signing.Keys {
			out.SigningKeyFiles = append(out.SigningKeyFiles, fileOf(&in.Signing.Keys[i]))
		}
	}
	return out
}

func httpAuth(in *v1alpha1.HTTPAuth) *config.HTTPAuth {
	if in == nil {
		return nil
	}
	out := &config.HTTPAuth{BearerFile: fileOf(in.Bearer), Basic: userPassword(in.Basic)}
	if o := in.OAuth2ClientCredentials; o != nil {
		out.OAuth2 = &config.OAuth2{
			TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecretFile: fileOf(&o.ClientSecret), Scopes: o.Scopes, Audience: o.Audience,
		}
	}
	return out
}

func kafkaSink(at string, in *v1alpha1.KafkaSink, d *durations) *config.Kafka {
	out := &config.Kafka{Topic: in.Topic, TLS: transport(in.TLS), Timeout: d.timeout(at, in.Timeout)}
	for _, b := range in.Brokers {
		out.Brokers = append(out.Brokers, string(b))
	}
	if in.SASL != nil {
		out.Mechanism, out.Auth = in.SASL.Mechanism, userPassword(&in.SASL.UserPassword)
	}
	return out
}

func natsSink(at string, in *v1alpha1.NATSSink, d *durations) *config.NATS {
	out := &config.NATS{
		Subject: in.Subject, CredentialsFile: fileOf(in.Credentials), TLS: transport(in.TLS), Timeout: d.timeout(at, in.Timeout),
	}
	for _, u := range in.URLs {
		out.URLs = append(out.URLs, string(u))
	}
	return out
}

func rabbitMQSink(at string, in *v1alpha1.RabbitMQSink, d *durations) *config.RabbitMQ {
	return &config.RabbitMQ{
		Address: string(in.Address), VirtualHost: in.VirtualHost, Exchange: in.Exchange, RoutingKey: in.RoutingKey,
		Auth: userPassword(&in.Auth), TLS: transport(in.TLS), Timeout: d.timeout(at, in.Timeout),
	}
}

func redisSink(at string, in *v1alpha1.RedisSink, d *durations) *config.Redis {
	return &config.Redis{
		Address: string(in.Address), Stream: in.Stream, MaxLength: in.MaxLength, Database: int(in.Database),
		Auth: userPassword(in.Auth), TLS: transport(in.TLS), Timeout: d.timeout(at, in.Timeout),
	}
}

func userPassword(in *v1alpha1.UserPassword) *config.UserPassword {
	if in == nil {
		return nil
	}
	return &config.UserPassword{Username: in.Username, PasswordFile: fileOf(&in.Password)}
}

func transport(in *v1alpha1.TLS) *config.TLS {
	if in == nil {
		return nil
	}
	out := &config.TLS{}
	if in.CARef != nil {
		out.CAFile = config.SecretFile(sinkSecretFile(*in.CARef))
	}
	if in.ClientCertificateRef != nil {
		out.CertificateFile = config.SecretFile(sinkSecretFile(certificate(*in.ClientCertificateRef)))
		out.KeyFile = config.SecretFile(sinkSecretFile(privateKey(*in.ClientCertificateRef)))
	}
	return out
}

// fileOf is the file that holds a secret; empty for none.
func fileOf(in *v1alpha1.SecretSource) config.SecretFile {
	if in == nil {
		return ""
	}
	return config.SecretFile(sinkSecretFile(in.SecretKeyRef))
}
