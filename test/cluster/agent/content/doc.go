// SPDX-License-Identifier: Apache-2.0

// Package content makes what a pod is given out of its specification and the objects that it names: the files of its
// volumes, its environment, and its command line.
//
// In goes a pod and access to the API, out come values: it writes nothing and starts nothing. Errors name the object
// that is missing, in the words that kubelet uses, and never hold a value. Containers here see the machine's own file
// system, so Mounts replaces the paths at which a container expects its volumes by where they really are.
package content
