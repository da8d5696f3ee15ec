// SPDX-License-Identifier: Apache-2.0

// Metricsdoc writes docs/metrics.md to standard output. What it says of metrics it asks the receiver's own registry, filled
// with an example, so the page cannot tell of one that does not exist or be silent about one that does.
package main

import (
	"fmt"
	"os"
)

func main() {
	text, err := page()
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "metricsdoc: %v\n", err)
		os.Exit(1)
	}
}
