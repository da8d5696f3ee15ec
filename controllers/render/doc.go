// SPDX-License-Identifier: Apache-2.0

// Package render says which Kubernetes objects a SuperOfficeWebhook leads to.
//
// In goes the resource, out come apply configurations: exactly the fields that the operator owns, one file per kind.
// Everything here is a pure function, so equal resources give equal objects, byte by byte; golden files under testdata
// show each of them. The package reads nothing from the cluster and never sees the content of a Secret: pods get it as a
// volume. Labels and annotations of the resource are not copied, because tools such as Argo CD track by them.
package render
