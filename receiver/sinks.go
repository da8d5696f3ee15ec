// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	httpsink "github.com/superoffice-webhook/operator/receiver/sink/http"
	"github.com/superoffice-webhook/operator/receiver/sink/kafka"
	logsink "github.com/superoffice-webhook/operator/receiver/sink/log"
	"github.com/superoffice-webhook/operator/receiver/sink/nats"
	"github.com/superoffice-webhook/operator/receiver/sink/rabbitmq"
	"github.com/superoffice-webhook/operator/receiver/sink/redis"
)

// openSink makes the sink that a configuration describes, with the contents of the files that it names. One that writes where
// those of other webhooks do tells which one an event is of. The error says which field is wrong.
func openSink(c config.Sink, files config.Files, header http.Header, webhook string) (sink.Sink, error) {
	switch {
	case c.HTTP != nil:
		return openHTTP(c, files, header)
	case c.Kafka != nil:
		return openKafka(c, files)
	case c.NATS != nil:
		return openNATS(c, files)
	case c.RabbitMQ != nil:
		return openRabbitMQ(c, files)
	case c.Redis != nil:
		return openRedis(c, files)
	}
	return logsink.New(logsink.Options{Writer: os.Stdout, Webhook: webhook, Body: c.Log.Body, Redact: c.Log.Redact}), nil
}

func openHTTP(c config.Sink, files config.Files, header http.Header) (sink.Sink, error) {
	trust, err := tlsConfig(c.HTTP.TLS, files)
	if err != nil {
		return nil, fmt.Errorf("http.tls.%w", err)
	}
	o := httpsink.Options{
		URL: c.HTTP.URL, Header: header, Auth: httpAuth(c.HTTP.Auth, files), TLS: trust, AllowLinkLocal: c.HTTP.AllowLinkLocal,
		Format: c.Format, Timeout: c.HTTP.Timeout.Std(), Concurrency: c.Delivery.Concurrency,
	}
	for _, h := range c.HTTP.Headers {
		if h.File != "" {
			o.SecretHeaders = append(o.SecretHeaders, h.Name)
		}
	}
	for _, key := range c.HTTP.SigningKeyFiles {
		o.SigningKeys = append(o.SigningKeys, files[key])
	}
	made, err := httpsink.New(o)
	if err != nil {
		return nil, fmt.Errorf("http.signingKeyFiles: %w", err)
	}
	return made, nil
}

func httpAuth(a *config.HTTPAuth, files config.Files) httpsink.Auth {
	switch {
	case a == nil:
		return httpsink.Auth{}
	case a.Basic != nil:
		return httpsink.Auth{Basic: &httpsink.Basic{Username: a.Basic.Username, Password: files[a.Basic.PasswordFile]}}
	case a.OAuth2 != nil:
		return httpsink.Auth{OAuth2: &httpsink.OAuth2{
			TokenURL: a.OAuth2.TokenURL, ClientID: a.OAuth2.ClientID, ClientSecret: files[a.OAuth2.ClientSecretFile],
			Scopes: a.OAuth2.Scopes, Audience: a.OAuth2.Audience,
		}}
	}
	return httpsink.Auth{Bearer: files[a.BearerFile]}
}

func openKafka(c config.Sink, files config.Files) (sink.Sink, error) {
	trust, err := tlsConfig(c.Kafka.TLS, files)
	if err != nil {
		return nil, fmt.Errorf("kafka.tls.%w", err)
	}
	user, password := credentials(c.Kafka.Auth, files)
	return kafka.New(kafka.Options{
		Brokers: c.Kafka.Brokers, Topic: c.Kafka.Topic, Mechanism: kafka.Mechanism(c.Kafka.Mechanism), User: user, Password: password,
		TLS: trust, Format: c.Format, AllowLinkLocal: c.Kafka.AllowLinkLocal, Timeout: c.Kafka.Timeout.Std(),
	})
}

func openNATS(c config.Sink, files config.Files) (sink.Sink, error) {
	trust, err := tlsConfig(c.NATS.TLS, files)
	if err != nil {
		return nil, fmt.Errorf("nats.tls.%w", err)
	}
	return nats.New(nats.Options{
		URLs: c.NATS.URLs, Subject: c.NATS.Subject, Credentials: files[c.NATS.CredentialsFile],
		TLS: trust, Format: c.Format, AllowLinkLocal: c.NATS.AllowLinkLocal, Timeout: c.NATS.Timeout.Std(),
	})
}

func openRabbitMQ(c config.Sink, files config.Files) (sink.Sink, error) {
	trust, err := tlsConfig(c.RabbitMQ.TLS, files)
	if err != nil {
		return nil, fmt.Errorf("rabbitMQ.tls.%w", err)
	}
	user, password := credentials(c.RabbitMQ.Auth, files)
	return rabbitmq.New(rabbitmq.Options{
		Addresses: []string{c.RabbitMQ.Address}, VHost: c.RabbitMQ.VirtualHost, Exchange: c.RabbitMQ.Exchange, RoutingKey: c.RabbitMQ.RoutingKey,
		User: user, Password: password, TLS: trust, Format: c.Format, AllowLinkLocal: c.RabbitMQ.AllowLinkLocal, Timeout: c.RabbitMQ.Timeout.Std(),
	})
}

func openRedis(c config.Sink, files config.Files) (sink.Sink, error) {
	trust, err := tlsConfig(c.Redis.TLS, files)
	if err != nil {
		return nil, fmt.Errorf("redis.tls.%w", err)
	}
	user, password := credentials(c.Redis.Auth, files)
	return redis.New(redis.Options{
		Address: c.Redis.Address, Stream: c.Redis.Stream, MaxLen: c.Redis.MaxLength, Database: c.Redis.Database,
		User: user, Password: password, TLS: trust, Format: c.Format, AllowLinkLocal: c.Redis.AllowLinkLocal, Timeout: c.Redis.Timeout.Std(), Concurrency: c.Delivery.Concurrency,
	})
}

func credentials(u *config.UserPassword, files config.Files) (user, password string) {
	if u == nil {
		return "", ""
	}
	return u.Username, files[u.PasswordFile]
}

var (
	errNoCertificate = errors.New("holds no certificate in PEM")
	errNoPair        = errors.New("are no certificate and its key, both in PEM")
	errOtherKey      = errors.New("are a certificate and the key of another one")
)

// tlsConfig is nil for none.
func tlsConfig(t *config.TLS, files config.Files) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM([]byte(files[t.CAFile])) {
			return nil, fmt.Errorf("caFile: the file %s %w", t.CAFile, errNoCertificate)
		}
	}
	if t.CertificateFile != "" {
		pair, err := readPair(t.CertificateFile, t.KeyFile, files)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{*pair}
	}
	return c, nil
}

// readPair does not pass on the error of the standard library, which could tell a part of the key.
func readPair(certificate, key config.SecretFile, files config.Files) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair([]byte(files[certificate]), []byte(files[key]))
	switch {
	case err == nil:
		return &pair, nil
	case strings.HasSuffix(err.Error(), "does not match public key"):
		err = errOtherKey
	default:
		err = errNoPair
	}
	return nil, fmt.Errorf("certificateFile: the files %s and %s %w", certificate, key, err)
}
