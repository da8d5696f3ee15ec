// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/test/await"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const patience = time.Minute

var (
	program string           // the receiver, compiled
	spawner *process.Spawner // starts it, and ends it when the tests end, however they end
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "superoffice-webhook-receiver-")
	if err == nil {
		program = filepath.Join(dir, "receiver")
		err = build(program)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	spawner = process.NewSpawner()
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), goleak.Cleanup(func(code int) {
		spawner.Close()
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func build(path string) error {
	args := append([]string{"build", "-o", path}, buildFlags...)
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build the receiver: %w\n%s", err, out)
	}
	return nil
}

// eventually waits until a condition holds; it says why it does not.
var eventually = await.Within(patience)
