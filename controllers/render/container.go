// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
)

const adminPortName = "admin"

// bindAddress is the environment variable that has a receiver listen elsewhere.
const bindAddress = "BIND_ADDRESS"

func container(r *receivers, o Options) *corev1.ContainerApplyConfiguration {
	delay, drain, handOver := r.wayOut()
	return corev1.Container().
		WithName(receiverContainer).
		WithImage(cmp.Or(r.shape.Image, o.Image)).
		WithArgs(
			r.configuration,
			"--data-dir="+dataDir,
			"--shutdown-delay="+delay.String(),
			"--drain-timeout="+drain.String(),
			"--hand-over-timeout="+handOver.String()).
		WithPorts(
			port(r.entrance.scheme, IntakePort),
			port(adminPortName, AdminPort)).
		WithStartupProbe(startupProbe()).
		WithReadinessProbe(readinessProbe()).
		WithLivenessProbe(livenessProbe()).
		WithTerminationMessagePolicy(core.TerminationMessageFallbackToLogsOnError). // why it ended is told by the resource
		WithResources(resources(r)).
		WithSecurityContext(corev1.SecurityContext().
			WithAllowPrivilegeEscalation(false).
			WithReadOnlyRootFilesystem(true).
			WithCapabilities(corev1.Capabilities().WithDrop("ALL"))).
		WithVolumeMounts(mounts(r)...)
}

func port(name string, number int32) *corev1.ContainerPortApplyConfiguration {
	return corev1.ContainerPort().
		WithName(name).
		WithProtocol(core.ProtocolTCP). // part of the list's key: it must be given for server-side apply
		WithContainerPort(number)
}

// startupProbe gives a receiver five minutes to read a large queue from its disk after a crash.
func startupProbe() *corev1.ProbeApplyConfiguration {
	return probe("/healthz").WithPeriodSeconds(1).WithFailureThreshold(300)
}

// A pod that can't store is taken out of the Service well before the 15 seconds after which SuperOffice gives up, but not
// because of one slow answer.
const (
	readinessPeriod   = 2 * time.Second
	readinessFailures = 2
)

func readinessProbe() *corev1.ProbeApplyConfiguration {
	return probe("/readyz").WithPeriodSeconds(int32(readinessPeriod.Seconds())).WithFailureThreshold(readinessFailures)
}

// livenessProbe is slow to judge: a restart helps against a deadlock only.
func livenessProbe() *corev1.ProbeApplyConfiguration {
	return probe("/healthz").WithPeriodSeconds(10).WithFailureThreshold(6)
}

func probe(path string) *corev1.ProbeApplyConfiguration {
	return corev1.Probe().
		WithTimeoutSeconds(3).
		WithHTTPGet(corev1.HTTPGetAction().
			WithPath(path).
			WithPort(intstr.FromString(adminPortName)).
			WithScheme(core.URISchemeHTTP))
}

// resources without a CPU limit by default: throttling would slow down the answers to SuperOffice.
func resources(r *receivers) *corev1.ResourceRequirementsApplyConfiguration {
	if wanted := r.shape.Resources; wanted != nil {
		return corev1.ResourceRequirements().WithRequests(wanted.Requests).WithLimits(wanted.Limits)
	}
	return corev1.ResourceRequirements().
		WithRequests(core.ResourceList{
			core.ResourceCPU:    resource.MustParse("50m"),
			core.ResourceMemory: resource.MustParse("64Mi"),
		}).
		WithLimits(core.ResourceList{core.ResourceMemory: resource.MustParse("512Mi")})
}
