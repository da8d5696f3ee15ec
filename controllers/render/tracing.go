// SPDX-License-Identifier: Apache-2.0

package render

import (
	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
)

// tracing is nil where no traces are told of. What tells is called by the resource, so that its traces can be told from those of
// other resources.
func tracing(w *v1alpha1.SuperOfficeWebhook) *config.Tracing {
	in := w.Spec.Receiver.Tracing
	if in == nil {
		return nil
	}
	out := &config.Tracing{Endpoint: in.Endpoint, ServiceName: Name(w), ServiceNamespace: w.Namespace}
	if in.SamplingRatePerMillion != nil {
		out.SamplingRatePerMillion = new(int(*in.SamplingRatePerMillion))
	}
	return out
}
