// SPDX-License-Identifier: Apache-2.0

// Package controllers makes the cluster what a SuperOfficeWebhook says, and the resource's status what the cluster is.
//
// It does so in five steps, a file each: resolve (are the Secrets there?), render (which objects?), apply (write what
// differs), observe (how do the receivers fare?), report (conditions, figures, Events). In goes a resource's name, out
// come server-side applies of a handful of objects under one field manager and at most one write of the status. Nothing is
// written and nobody but the receivers is asked while nothing has changed.
//
// It never reads the value of a Secret into anything that outlives the step, never touches an object that the resource
// does not control, and needs no finalizer: everything it makes has an owner reference, and nothing of it lies outside
// the cluster, so the garbage collector cleans up even where the operator is gone.
package controllers
