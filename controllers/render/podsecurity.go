// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/json"
	"fmt"

	core "k8s.io/api/core/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// restricted tells which rules of the restricted pod security standard a template breaks, in the newest version of the
// standard: whatever the namespace itself demands, nobody gets a privilege by way of the operator.
func restricted(template *corev1.PodTemplateSpecApplyConfiguration) error {
	data, err := json.Marshal(template)
	if err != nil {
		return err
	}
	var t core.PodTemplateSpec
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	verdict := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &t.ObjectMeta, &t.Spec))
	if verdict.Allowed {
		return nil
	}
	return fmt.Errorf("%s: goes beyond the restricted pod security standard, which the operator allows only with --allow-unrestricted-pod-templates: %s",
		podTemplatePath, verdict.ForbiddenDetail())
}
