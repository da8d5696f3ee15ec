// SPDX-License-Identifier: Apache-2.0

// Package output writes what the commands found: tables with colours for people, JSON or YAML for scripts.
//
// What comes from outside (errors of sinks, messages, names) is made printable before it reaches a terminal. Colours are for
// terminals only, and not where NO_COLOR is set (https://no-color.org).
package output
