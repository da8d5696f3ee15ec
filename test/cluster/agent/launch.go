// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/test/cluster/agent/content"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// The reasons for which a container does not start, as kubelet names them.
const (
	reasonImage  = "ErrImagePull"
	reasonConfig = "CreateContainerConfigError"
	reasonRun    = "RunContainerError"
)

// startError says why a container does not start.
type startError struct {
	reason string
	error
}

// start starts the container's process and its probes.
func (c *container) start(ctx context.Context) *startError {
	program, err := c.pod.agent.options.program(c.spec.Image)
	if err != nil {
		return &startError{reasonImage, err}
	}
	if err := c.supported(); err != nil {
		return &startError{reasonConfig, err}
	}
	checks, err := newChecks(c.spec, c.pod.claim.ip)
	if err != nil {
		return &startError{reasonConfig, err}
	}
	command, err := c.command(ctx, program)
	if err != nil {
		return &startError{reasonConfig, err}
	}
	r, err := c.spawn(command)
	if err != nil {
		return &startError{reasonRun, err}
	}
	c.began(r)
	c.watch(ctx, r, checks)
	return nil
}

// supported refuses what would otherwise be ignored without a word.
func (c *container) supported() error {
	if c.init && c.spec.RestartPolicy != nil && *c.spec.RestartPolicy == corev1.ContainerRestartPolicyAlways {
		return errors.New("sidecar init containers are not supported by a node of local processes")
	}
	for _, m := range c.spec.VolumeMounts {
		if m.SubPath != "" || m.SubPathExpr != "" {
			return fmt.Errorf("subPath of volume mount %q is not supported by a node of local processes", m.MountPath)
		}
	}
	if l := c.spec.Lifecycle; l != nil && (l.PostStart != nil || l.PreStop != nil && l.PreStop.Exec != nil) {
		return errors.New("postStart and exec hooks are not supported by a node of local processes")
	}
	return nil
}

// command is the process to start: the image's program in a directory of its own, with every path and variable filled in.
func (c *container) command(ctx context.Context, program string) (process.Command, error) {
	home := c.path("home")
	if err := os.MkdirAll(home, 0o750); err != nil {
		return process.Command{}, err
	}
	mounts := c.mounts()
	variables, err := c.pod.volumes.reader.Environment(ctx, c.spec)
	if err != nil {
		return process.Command{}, err
	}
	own, err := c.ownVariables(home, mounts)
	if err != nil {
		return process.Command{}, err
	}
	for name, value := range variables {
		own[name] = mounts.Replace(value)
	}
	args, err := c.args(program)
	if err != nil {
		return process.Command{}, err
	}
	command := process.Command{Path: program, Dir: home}
	for _, arg := range args {
		command.Args = append(command.Args, mounts.Replace(content.Expand(arg, variables)))
	}
	for name, value := range own {
		command.Env = append(command.Env, name+"="+value)
	}
	if dir := mounts.Replace(c.spec.WorkingDir); dir != c.spec.WorkingDir {
		command.Dir = dir
	}
	return command, nil
}

// args are the arguments for the program. A command may name the program, but no other: the image holds only one.
func (c *container) args(program string) ([]string, error) {
	if len(c.spec.Command) == 0 {
		return c.spec.Args, nil
	}
	if wanted := c.spec.Command[0]; filepath.Base(wanted) != filepath.Base(program) {
		return nil, fmt.Errorf("exec: %q: the image holds nothing but %s", wanted, filepath.Base(program))
	}
	return append(append([]string(nil), c.spec.Command[1:]...), c.spec.Args...), nil
}

// ownVariables are those that the agent adds. The pod's own ones win.
func (c *container) ownVariables(home string, mounts content.Mounts) (map[string]string, error) {
	variables := map[string]string{
		"PATH":         os.Getenv("PATH"),
		"HOME":         home,
		"TMPDIR":       home,
		"HOSTNAME":     c.pod.name,
		"BIND_ADDRESS": c.pod.claim.ip,
	}
	if dir := mounts.Replace("/tmp"); dir != "/tmp" {
		variables["TMPDIR"] = dir
	}
	dir := mounts.Replace(tokenPath)
	if dir == tokenPath {
		return variables, nil // the pod has no token
	}
	path := c.path("kubeconfig")
	if err := c.pod.agent.writeKubeconfig(path, dir, c.pod.namespace); err != nil {
		return nil, err
	}
	variables["KUBECONFIG"] = path
	return variables, nil
}

func (c *container) mounts() content.Mounts {
	var mounts []content.Mount
	for _, m := range c.spec.VolumeMounts {
		mounts = append(mounts, content.Mount{Path: m.MountPath, Dir: c.pod.volumes.path(m.Name)})
	}
	return content.NewMounts(mounts...)
}

// path is that of a file of the container's, outside its volumes.
func (c *container) path(name string) string {
	return filepath.Join(c.pod.dir, "containers", c.spec.Name, name)
}

// spawn starts the process, with a log file for this run.
func (c *container) spawn(command process.Command) (*run, error) {
	r := &run{
		id:  fmt.Sprintf("process://%s/%s/%d", c.pod.object.UID, c.spec.Name, c.runs),
		log: c.logPath(c.runs),
	}
	log, err := os.Create(r.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	command.Output = log
	if r.process, err = c.pod.agent.options.Spawner.Start(command); err != nil {
		return nil, err
	}
	r.began = metav1.Now()
	return r, nil
}

// logPath is that of a run, which are counted from 0.
func (c *container) logPath(run int32) string { return c.path(strconv.Itoa(int(run)) + ".log") }

// previousLog is that of the run before the current one, or "" if there was none. A container that waits for its
// restart has ended its current run, which then counts as the previous one.
func (c *container) previousLog() string {
	n := c.runs - 2
	if c.waiting != nil {
		n++
	}
	if n < 0 {
		return ""
	}
	return c.logPath(n)
}
