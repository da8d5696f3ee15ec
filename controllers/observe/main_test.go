// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/receiver/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is a moment of a day, to the second as the API keeps it.
func at(clock string) *metav1.Time {
	t, err := time.Parse(time.DateTime, "2026-01-02 "+clock)
	if err != nil {
		panic(err)
	}
	return &metav1.Time{Time: t}
}

// told is the same moment as a receiver tells it: finer, and maybe in another zone.
func told(clock string) *time.Time {
	t := at(clock).Add(500 * time.Millisecond).In(time.FixedZone("CET", 3600))
	return &t
}

// answer is that of a receiver which is ready.
func answer(pod string, s status.Status) observe.Answer {
	return observe.Answer{Receiver: observe.Receiver{Pod: pod, Ready: true}, Status: &s}
}

// silence is that of a receiver which is ready but did not answer.
func silence(pod string) observe.Answer {
	return observe.Answer{Receiver: observe.Receiver{Pod: pod, Ready: true}, Err: errNoAnswer}
}
