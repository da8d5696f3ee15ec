// SPDX-License-Identifier: Apache-2.0

// Package process starts programs that end when this one ends, however it ends.
//
// In goes a Command; out comes a Process that leads a process group of its own, so that a Ctrl-C in the terminal
// reaches only the parent, which stops its children in order. On Linux the kernel kills a child at the moment its
// parent dies, SIGKILL included (PR_SET_PDEATHSIG). Elsewhere a parent that is killed outright leaves its children
// behind. The promise holds for the child itself; processes that a child starts are killed once the child ended.
package process
