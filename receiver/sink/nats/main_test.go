// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ sink.Sink = (*Sink)(nil)

// patience is the longest that a test waits.
const patience = sinktest.Patience

// broker is a NATS server on a port of the loopback interface.
type broker struct {
	*server.Server
	options *server.Options
	t       *testing.T
}

// serve starts a server with JetStream.
func serve(t *testing.T, change ...func(*server.Options)) *broker {
	t.Helper()
	b := &broker{t: t, options: &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
	}}
	for _, f := range change {
		f(b.options)
	}
	b.start()
	t.Cleanup(b.stop)
	return b
}

// start starts the server, again on the same port and files where it had been started before.
func (b *broker) start() {
	b.t.Helper()
	s, err := server.NewServer(b.options.Clone())
	if err != nil {
		b.t.Fatal(err)
	}
	b.Server = s
	s.Start()
	if !s.ReadyForConnections(patience) {
		b.t.Fatal("the server did not start")
	}
	b.options.Port = s.Addr().(*net.TCPAddr).Port
}

func (b *broker) stop() {
	b.Shutdown()
	b.WaitForShutdown()
}

// admin is a connection of somebody who may do everything.
func (b *broker) admin(options ...nats.Option) jetstream.JetStream {
	b.t.Helper()
	conn, err := nats.Connect(b.ClientURL(), append(options, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		b.t.Fatal(err)
	}
	return js
}

// stream makes the stream CRM for everything below superoffice.
func stream(t *testing.T, js jetstream.JetStream, change ...func(*jetstream.StreamConfig)) jetstream.Stream {
	t.Helper()
	cfg := jetstream.StreamConfig{Name: "CRM", Subjects: []string{"superoffice.>"}}
	for _, f := range change {
		f(&cfg)
	}
	s, err := js.CreateStream(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stored returns what a stream holds, in order.
func stored(t *testing.T, s jetstream.Stream) []*jetstream.RawStreamMsg {
	t.Helper()
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []*jetstream.RawStreamMsg
	for n := info.State.FirstSeq; n <= info.State.LastSeq && info.State.Msgs > 0; n++ {
		m, err := s.GetMsg(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// open makes a sink of a server, changed.
func open(t *testing.T, url string, change ...func(*Options)) *Sink {
	t.Helper()
	o := Options{URLs: []string{url}, Subject: "superoffice.{event}", Format: config.CloudEventsBinary, Timeout: patience}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	sinktest.CloseAfter(t, s)
	return s
}

func as(f config.Format) func(*Options) { return func(o *Options) { o.Format = f } }

func message(t *testing.T, body string) sink.Message {
	t.Helper()
	return sinktest.Message(t, []byte(body), http.Header{ // orders to the server, which whoever passes the request on could add
		"Nats-Rollup":          {"all"},
		"Nats-Msg-Id":          {"another"},
		"nats-expected-stream": {"another"},
	})
}

func sample(t *testing.T) sink.Message {
	t.Helper()
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		t.Fatal(err)
	}
	return message(t, string(body))
}
