// SPDX-License-Identifier: Apache-2.0

//go:build race

package main_test

// buildFlags make the command look for data races when its tests do.
var buildFlags = []string{"-race"}
