// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/yaml"
)

// resources are in all the states that a tool may meet, with what each tool is to say.
var resources = map[string]struct {
	resource string
	argo     string
	message  string // of Argo CD
	flux     status.Status
}{
	"new": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: -1}}`, // the schema's default
		"Progressing", "Waiting for the operator", status.InProgressStatus,
	},
	"changed, and not yet looked at": {
		`{metadata: {generation: 2}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "True", reason: Accepting, message: 2 of 2 receivers accept events}]}}`,
		"Progressing", "Waiting for the operator", status.InProgressStatus,
	},
	"reconciling": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "False", reason: ReceiversStarting, message: 0 of 2 receivers are ready},
			{type: Reconciling, status: "True", reason: ReceiversStarting, message: 0 of 2 receivers are ready}]}}`,
		"Progressing", "0 of 2 receivers are ready", status.InProgressStatus,
	},
	"taking over its configuration": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: Unknown, reason: ConfigPropagating, message: 1 of 2},
			{type: Reconciling, status: "True", reason: ConfigPropagating, message: 1 of 2}]}}`,
		"Progressing", "1 of 2", status.InProgressStatus,
	},
	"waiting for a Secret": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "False", reason: SecretNotFound, message: 'Secret "crm" not found'}]}}`,
		"Progressing", `Secret "crm" not found`, status.InProgressStatus,
	},
	"ready": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "True", reason: Accepting, message: 2 of 2 receivers accept events},
			{type: Delivering, status: "True", reason: Delivering, message: no sink fails}]}}`,
		"Healthy", "2 of 2 receivers accept events", status.CurrentStatus,
	},
	"ready, with a sink that fails": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "True", reason: Accepting, message: 2 of 2 receivers accept events},
			{type: Delivering, status: "False", reason: SinkFailing, message: 'sink "erp": answered 503'}]}}`,
		"Healthy", `sink "erp": answered 503`, status.CurrentStatus,
	},
	"stalled": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "False", reason: NameTaken, message: the name is taken},
			{type: Stalled, status: "True", reason: NameTaken, message: the name is taken}]}}`,
		"Degraded", "the name is taken", status.FailedStatus,
	},
	"without receivers": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "False", reason: ReceiverUnavailable, message: 0 of 2 receivers are ready}]}}`,
		"Degraded", "0 of 2 receivers are ready", status.FailedStatus,
	},
	"refused by its receivers": {
		`{metadata: {generation: 1}, spec: {suspend: false}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "False", reason: ConfigRejected, message: bad header}]}}`,
		"Degraded", "bad header", status.FailedStatus,
	},
	"suspended": {
		`{metadata: {generation: 1}, spec: {suspend: true}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "True", reason: Accepting, message: 2 of 2 receivers accept events; delivery is suspended},
			{type: Delivering, status: "False", reason: Suspended, message: spec.suspend is true}]}}`,
		"Suspended", "2 of 2 receivers accept events; delivery is suspended", status.CurrentStatus,
	},
	"suspended and stalled": {
		`{metadata: {generation: 1}, spec: {suspend: true}, status: {observedGeneration: 1, conditions: [
			{type: Ready, status: "False", reason: NameTaken, message: the name is taken},
			{type: Stalled, status: "True", reason: NameTaken, message: the name is taken}]}}`,
		"Degraded", "the name is taken", status.FailedStatus,
	},
	"deleted": {
		`{metadata: {generation: 2, deletionTimestamp: "2026-11-26T12:00:00Z"}, spec: {suspend: false}, status: {observedGeneration: 2, conditions: [
			{type: Ready, status: "True", reason: Accepting, message: 2 of 2 receivers accept events}]}}`,
		"Progressing", "Its receivers are being removed", status.InProgressStatus,
	},
}

func read(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	var o unstructured.Unstructured
	json, err := yaml.YAMLToJSON([]byte("{apiVersion: webhooks.superoffice.dev/v1alpha1, kind: SuperOfficeWebhook, " + text[1:]))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.UnmarshalJSON(json); err != nil {
		t.Fatal(err)
	}
	return &o
}
