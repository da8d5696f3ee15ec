// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package etcd pins the etcd server that package binaries compiles.
// It is a module of its own, so that the server stays out of the operator's dependencies.
package etcd

import _ "go.etcd.io/etcd/server/v3"
