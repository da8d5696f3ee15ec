// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"strconv"
)

// shown writes a value as Grafana does for the units that the dashboards use.
func shown(value float64, unit string, decimals *int) string {
	switch unit {
	case "s":
		return duration(value)
	case "bytes":
		return scaled(value, 1024, []string{" B", " KiB", " MiB", " GiB"})
	case "percentunit":
		return number(value*100, nil) + "%"
	case "reqps":
		return number(value, decimals) + " req/s"
	case "ops":
		return number(value, decimals) + " ops/s"
	}
	if math.Abs(value) < 1000 || decimals != nil {
		return number(value, decimals)
	}
	return scaled(value, 1000, []string{"", " K", " Mil"})
}

func scaled(value, by float64, names []string) string {
	i := 0
	for ; math.Abs(value) >= by && i < len(names)-1; i++ {
		value /= by
	}
	return number(value, nil) + names[i]
}

func duration(seconds float64) string {
	switch s := math.Abs(seconds); {
	case s == 0:
		return "0 s"
	case s < 0.001:
		return number(seconds*1e6, nil) + " µs"
	case s < 1:
		return number(seconds*1e3, nil) + " ms"
	case s < 60:
		return number(seconds, nil) + " s"
	case s < 3600:
		return number(seconds/60, nil) + " min"
	}
	return number(seconds/3600, nil) + " h"
}

// number has three significant digits, unless decimals are asked for.
func number(value float64, decimals *int) string {
	if decimals != nil {
		return strconv.FormatFloat(value, 'f', *decimals, 64)
	}
	if math.Abs(value) >= 100 {
		return fmt.Sprintf("%.0f", value)
	}
	return strconv.FormatFloat(round(value), 'f', -1, 64)
}

func round(value float64) float64 {
	if value == 0 {
		return 0
	}
	digits := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(value))))
	return math.Round(value*digits) / digits
}
