// SPDX-License-Identifier: Apache-2.0

package render

import (
	"errors"
	"fmt"
	"time"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// Where a receiver listens inside its pod.
const (
	// IntakePort faces SuperOffice, behind the Service.
	IntakePort = 8080
	// AdminPort serves status, metrics and probes to the cluster. No Service has it.
	AdminPort = 8081
)

// The slots of the shared Secret's values in a receiver's configuration.
const (
	SlotCurrent  = "current"
	SlotPrevious = "previous"
)

// defaultStorage repeats the schema's default for resources that did not pass through an API server.
const defaultStorage = 1 << 30

// configFile renders receiver.yaml and reads it back as a receiver would.
func configFile(w *v1alpha1.SuperOfficeWebhook, targets Targets, live Live) ([]byte, error) {
	c, err := receiverConfig(w, targets, live)
	if err != nil {
		return nil, err
	}
	file, err := c.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write receiver configuration: %w", err)
	}
	if _, err := config.Parse(file); err != nil {
		return nil, err
	}
	return file, nil
}

func receiverConfig(w *v1alpha1.SuperOfficeWebhook, targets Targets, live Live) (*config.Config, error) {
	var d durations
	c := &config.Config{
		APIVersion: config.APIVersion,
		Suspend:    w.Spec.Suspend,
		Intake: config.Intake{
			Address: fmt.Sprintf(":%d", IntakePort),
			Path:    intakePath(w),
			Secrets: []config.SharedSecret{
				{Name: SlotCurrent, File: currentSecretFile},
				{Name: SlotPrevious, File: previousSecretFile, Optional: true},
			},
			TLS: intakeTLS(w),
		},
		Admin:            config.Admin{Address: fmt.Sprintf(":%d", AdminPort)},
		Tenants:          w.Spec.Tenants,
		IgnoreAssociates: w.Spec.IgnoreAssociates,
		Events:           eventNames(w.Spec.Events),
		Queue: config.Queue{
			MaxBytes: queueBytes(w, live),
			MaxAge:   d.parse("spec.queue.retention.maxAge", w.Spec.Queue.Retention.MaxAge),
			Sync:     claimOf(w) != nil, // the volume outlives the machine, so it is worth the wait

			JetStream: jetStream(w),
		},
	}
	c.Tracing = tracing(w)
	if endsWithPod(w) {
		c.HandOver = config.HandOver{URL: URL(w), Generation: w.Generation}
	}
	if len(c.Events) == 0 { // the schema's default, for resources that did not pass through an API server
		c.Events = superoffice.ActivityEvents()
	}
	for i, s := range w.Spec.Sinks {
		c.Sinks = append(c.Sinks, sink(fmt.Sprintf("spec.sinks[%d]", i), s, targets[s.Name], &d))
	}
	return c, errors.Join(d.wrong...)
}

// endsWithPod tells whether the queue is gone when its pod is.
func endsWithPod(w *v1alpha1.SuperOfficeWebhook) bool {
	return claimOf(w) == nil && w.Spec.Queue.JetStream == nil
}

func eventNames(events []v1alpha1.EventName) []string {
	var names []string
	for _, e := range events {
		names = append(names, string(e))
	}
	return names
}

func storageBytes(w *v1alpha1.SuperOfficeWebhook) int64 {
	if e := w.Spec.Queue.Embedded; e != nil && !e.Storage.Size.IsZero() {
		return e.Storage.Size.Value()
	}
	if j := w.Spec.Queue.JetStream; j != nil && !j.Storage.Size.IsZero() {
		return j.Storage.Size.Value()
	}
	return defaultStorage
}

// queueBytes is the limit of the queue: what is wanted, or as much of it as the claimed volume has room for. That may have
// still to grow, or may not grow at all.
func queueBytes(w *v1alpha1.SuperOfficeWebhook, live Live) int64 {
	volume := live.volumeBytes()
	if claimOf(w) == nil || volume == 0 {
		return storageBytes(w)
	}
	return min(storageBytes(w), volume/volumeShare)
}

// durations parses the resource's durations and collects what is wrong. An absent one stays absent: the receiver has
// the same defaults.
type durations struct{ wrong []error }

func (d *durations) parse(at string, text v1alpha1.Duration) config.Duration {
	if text == "" {
		return 0
	}
	v, err := time.ParseDuration(string(text))
	if err != nil {
		d.wrong = append(d.wrong, fmt.Errorf("%s: %w", at, err))
	}
	return config.Duration(v)
}

func (d *durations) timeout(at string, text v1alpha1.Timeout) config.Duration {
	return d.parse(at+".timeout", v1alpha1.Duration(text))
}
