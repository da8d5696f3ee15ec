// SPDX-License-Identifier: Apache-2.0

// Package advice says what to do about what a SuperOfficeWebhook reports: one entry for each reason of a condition, and for
// each reason why a request was refused or not stored. A test holds it against the lists of both, so a new reason needs an
// entry here.
package advice

// Severity says who has to move.
type Severity string

// The severities.
const (
	// Fine: nobody has to.
	Fine Severity = "Fine"
	// Wait: it passes by itself; somebody has to look only if it does not.
	Wait Severity = "Wait"
	// Wanted: somebody wanted it so.
	Wanted Severity = "Wanted"
	// Look: somebody should look into it, but nothing is urgent.
	Look Severity = "Look"
	// Act: somebody has to.
	Act Severity = "Act"
)

// Advice is what to do.
type Advice struct {
	Severity Severity `json:"severity"`
	// Do is what to do, in sentences; empty where there is nothing to be done. NAME and NAMESPACE stand for the resource's.
	Do string `json:"do,omitempty"`
}

// Condition is the advice for the reason of a condition. What is not known, because the operator is newer, says so.
func Condition(reason string) Advice {
	if a, ok := conditions[reason]; ok {
		return a
	}
	return Advice{Act, "This plugin does not know the reason: it is older than the operator. The message says more; get the plugin of the operator's version."}
}

// Rejection is the advice for the reason why a request was refused or its event was not stored.
func Rejection(reason string) string {
	if text, ok := rejections[reason]; ok {
		return text
	}
	return "This plugin does not know the reason: get the plugin of the receiver's version, or see docs/intake.md of it."
}
