// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// demo is the stage: a cluster, a sink and the programs under bin.
type demo struct {
	*story
	cluster *cluster.Cluster
	program string // kubectl's path
	sink    *sink
}

// tell tells the whole story and cleans up behind it.
func tell(ctx context.Context, s *story, keep bool) (err error) {
	d := &demo{story: s}
	defer func() { err = errors.Join(err, d.cleanUp()) }()
	steps := []struct {
		title string
		work  func(context.Context) error
	}{
		{"A real Kubernetes API server starts, with etcd and the controller manager", d.startCluster},
		{"The operator is installed, as kubectl apply -k config/default does it", d.installOperator},
		{"A sink starts: the ERP system that wants to know about activities", d.startSink},
		{"A SuperOfficeWebhook is applied, and its receivers become ready", d.applyWebhook},
		{"SuperOffice posts its three activity events, signed; the sink gets each, byte by byte", d.sendEvents},
		{"A test event is answered, and goes nowhere", d.sendTestEvent},
		{"A forged event is refused", d.sendForgedEvent},
		{"The resource tells the story", d.showStatus},
	}
	for _, step := range steps {
		if err := s.step(ctx, step.title, step.work); err != nil {
			return err
		}
	}
	if keep {
		d.stayUp(ctx)
	}
	return nil
}

func (d *demo) startCluster(ctx context.Context) (err error) {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	d.cluster, err = cluster.Start(ctx, cluster.Options{
		Images: map[string]string{
			"ghcr.io/superoffice-webhook/manager":  filepath.Join(bin, "manager"),
			"ghcr.io/superoffice-webhook/receiver": filepath.Join(bin, "receiver"),
		},
		Progress: d.out,
	})
	if err != nil {
		return err
	}
	if d.program, err = cluster.Kubectl(ctx, d.out); err != nil {
		return err
	}
	// kubectl finds its plugin kubectl-superoffice through PATH.
	d.env = []string{
		"KUBECONFIG=" + d.cluster.Kubeconfig(),
		"PATH=" + strings.Join([]string{filepath.Dir(d.program), bin, os.Getenv("PATH")}, string(os.PathListSeparator)),
	}
	_, err = d.kubectl(ctx, "version")
	return err
}

func (d *demo) kubectl(ctx context.Context, args ...string) (string, error) {
	return d.run(ctx, append([]string{d.program}, args...)...)
}

func (d *demo) installOperator(ctx context.Context) error {
	if _, err := d.kubectl(ctx, "apply", "--server-side", "-k", "test/demo/manifests/operator"); err != nil {
		return err
	}
	_, err := d.kubectl(ctx, "wait", "--for=condition=Available", "deployment", "--all",
		"--namespace=superoffice-webhook-system", "--timeout=120s")
	return err
}

func (d *demo) startSink(context.Context) (err error) {
	d.sink, err = startSink(d.say)
	if err == nil {
		d.say("the sink listens at %s", d.sink.url)
	}
	return err
}

func (d *demo) applyWebhook(ctx context.Context) error {
	manifest, err := os.ReadFile("test/demo/manifests/webhook/webhook.yaml")
	if err != nil {
		return err
	}
	manifest = bytes.ReplaceAll(manifest, []byte("SINK_URL"), []byte(d.sink.url))
	if _, err := d.kubectl(ctx, "create", "namespace", "sales"); err != nil {
		return err
	}
	if _, err := d.runWithInput(ctx, manifest, d.program, "apply", "-f", "-"); err != nil {
		return err
	}
	if _, err := d.kubectl(ctx, "wait", "--for=condition=Ready", "superofficewebhook/crm", "--namespace=sales", "--timeout=120s"); err != nil {
		return err
	}
	_, err = d.kubectl(ctx, "get", "deployments,pods", "--namespace=sales")
	return err
}

func (d *demo) sendEvents(ctx context.Context) error {
	for i, event := range []string{"activity.created", "activity.changed", "activity.deleted"} {
		if _, err := d.kubectl(ctx, "superoffice", "send", "crm", "--namespace=sales", event); err != nil {
			return err
		}
		arrived := func() (bool, error) { return len(d.sink.all()) == i+1, nil }
		if err := await(ctx, 30*time.Second, "the arrival of "+event+" at the sink", arrived); err != nil {
			return err
		}
		body, err := fixtures.Body(event)
		if err != nil {
			return err
		}
		if got := d.sink.all()[i]; got.event != event || !bytes.Equal(got.body, body) {
			return fmt.Errorf("the sink received %s with %d bytes that differ from the %d posted", got.event, len(got.body), len(body))
		}
	}
	return nil
}

func (d *demo) sendTestEvent(ctx context.Context) error {
	before := len(d.sink.all())
	if _, err := d.kubectl(ctx, "superoffice", "send", "crm", "--namespace=sales", "--test"); err != nil {
		return err
	}
	return d.unchanged(before)
}

func (d *demo) sendForgedEvent(ctx context.Context) error {
	before := len(d.sink.all())
	if _, err := d.kubectl(ctx, "superoffice", "send", "crm", "--namespace=sales", "activity.created", "--forge"); err != nil {
		return err
	}
	return d.unchanged(before)
}

func (d *demo) unchanged(before int) error {
	if now := len(d.sink.all()); now != before {
		return fmt.Errorf("the sink received %d events that it must not see", now-before)
	}
	return nil
}

func (d *demo) showStatus(ctx context.Context) error {
	wait := []string{"wait", "superofficewebhook/crm", "--namespace=sales", "--timeout=60s"}
	for _, fact := range []string{
		"jsonpath={.status.delivery.lastRejection.reason}=SignatureMismatch",
		"jsonpath={.status.sinks[0].pending}=0",
		"condition=Delivering",
	} {
		if _, err := d.kubectl(ctx, append(wait, "--for="+fact)...); err != nil {
			return err
		}
	}
	for _, show := range []string{"get", "describe"} {
		if _, err := d.kubectl(ctx, show, "superofficewebhooks", "--namespace=sales"); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) stayUp(ctx context.Context) {
	fmt.Fprintf(d.out, "\nEverything stays up until you press Ctrl-C. In another terminal:\n\n")
	for _, line := range d.env {
		fmt.Fprintf(d.out, "   export %s\n", line)
	}
	fmt.Fprintf(d.out, "   kubectl superoffice send crm -n sales activity.created\n   kubectl get sowh -A -o wide\n")
	<-ctx.Done()
}

// cleanUp stops what was started, even when the story was interrupted.
func (d *demo) cleanUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if d.cluster != nil {
		errs = append(errs, d.cluster.Stop())
	}
	if d.sink != nil {
		errs = append(errs, d.sink.stop(ctx))
	}
	return errors.Join(errs...)
}
