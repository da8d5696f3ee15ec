// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 is the API of the operator: the SuperOfficeWebhook resource of the group
// webhooks.superoffice.dev, with its schema, defaults and validation rules as markers.
//
// It holds declarations only. What a resource leads to is decided in package controllers.
//
// +kubebuilder:object:generate=true
// +groupName=webhooks.superoffice.dev
package v1alpha1
