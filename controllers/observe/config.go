// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"
)

// Configs tells which configuration the receivers work by.
type Configs struct {
	// Asked is the number of receivers that are ready.
	Asked int
	// InForce is the number of them that work by the wanted one.
	InForce int
	// Silent is the number of them that did not answer.
	Silent int
	// Behind is the number of those, ready or not, that deliver by another one.
	Behind int
	// Rejected is what a receiver, ready or not, says against its configuration or a Secret; empty without complaints.
	Rejected string
	// Storage is what a receiver, ready or not, says against its queue; empty without complaints.
	Storage string
}

// ConfigsOf compares what receivers report with the fingerprint of the wanted configuration.
func ConfigsOf(answers []Answer, hash string) Configs {
	var c Configs
	for _, a := range answers {
		if a.Ready {
			c.Asked++
		}
		if a.Status == nil {
			if a.Ready {
				c.Silent++
			}
			continue
		}
		if a.Ready && a.Status.Config.Hash == hash {
			c.InForce++
		}
		if a.TellsDelivery() && a.Status.Config.Hash != hash && a.Status.Config.Hash != "" {
			c.Behind++
		}
		if c.Rejected == "" && a.Status.Config.Error != "" {
			c.Rejected = fmt.Sprintf("receiver %s: %s", a.Pod, Shorten(a.Status.Config.Error, 2*maxError))
		}
		if c.Storage == "" && a.Status.Queue.Error != "" {
			c.Storage = fmt.Sprintf("receiver %s: %s", a.Pod, Shorten(a.Status.Queue.Error, maxError))
		}
	}
	return c
}

// Lagging is the number of ready receivers that work by another configuration.
func (c Configs) Lagging() int { return c.Asked - c.InForce - c.Silent }
