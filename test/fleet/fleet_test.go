// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestFleet holds a small fleet to the bars of the large one, as far as they do not depend on how busy the machine is. All
// of its resources are changed at once, too.
func TestFleet(t *testing.T) {
	b := &bench{manager: buildManager(t), root: "../..", namespaces: 10, rest: 5 * time.Second, restAt: 200, rotations: 20, burst: 200}
	f, err := b.measure(t.Context(), 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables([]figures{*f}) {
		if err := table.print(t.Output()); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.sum(); got > 12 {
		t.Errorf("a creation takes %.1f requests, want 12 at most", got)
	}
	if f.restWrites != 0 || f.restReads != 0 {
		t.Errorf("at rest there are %d writes and %.1f reads a second", f.restWrites, f.restReads)
	}
	if f.rotation > 3 {
		t.Errorf("a new value of a Secret takes %.1f requests, want 3 at most", f.rotation)
	}
	if f.restartWrites != 0 {
		t.Errorf("a manager that was started anew has written %d times", f.restartWrites)
	}
	if f.burst != 200 {
		t.Errorf("%d were changed at once", f.burst)
	}
}

// TestFleetInPools holds resources that share receivers to the same bars.
func TestFleetInPools(t *testing.T) {
	b := &bench{manager: buildManager(t), root: "../..", rest: 5 * time.Second, restAt: 100, pooled: 100, poolSize: 20}
	f, err := b.measurePools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table := inPools(f, b.poolSize)
	if err := table.print(t.Output()); err != nil {
		t.Fatal(err)
	}
	if f.deployments != 5 {
		t.Errorf("there are %d Deployments, want 5", f.deployments)
	}
	if got := f.sum(); got > 12 {
		t.Errorf("a creation takes %.1f requests, want 12 at most", got)
	}
	if f.restWrites != 0 || f.restReads != 0 {
		t.Errorf("at rest there are %d writes and %.1f reads a second", f.restWrites, f.restReads)
	}
	if f.restartWrites != 0 {
		t.Errorf("a manager that was started anew has written %d times", f.restartWrites)
	}
}

// buildManager builds what is measured.
func buildManager(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a cluster")
	}
	program := filepath.Join(t.TempDir(), "manager")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/manager").CombinedOutput(); err != nil {
		t.Fatalf("build the manager: %v\n%s", err, out)
	}
	return program
}
