// SPDX-License-Identifier: Apache-2.0

// Package types has what is told of machines.
package types

type (
	// InstanceStateName is how a machine is.
	InstanceStateName string
	// InstanceState has its name.
	InstanceState struct{ Name InstanceStateName }
	// Instance is a machine.
	Instance struct {
		InstanceId, PrivateIpAddress *string
		State                        *InstanceState
	}
	// Reservation are machines that began together.
	Reservation struct{ Instances []Instance }
)

// InstanceStateNameRunning is that of a machine at work.
const InstanceStateNameRunning InstanceStateName = "running"
