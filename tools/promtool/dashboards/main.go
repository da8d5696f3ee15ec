// SPDX-License-Identifier: Apache-2.0

// Dashboards draws Grafana's dashboards of the folder $1 as SVG into the folder $3: each panel where the dashboard has it, with the
// answers of Prometheus' own engine to the panel's own queries over the recording $2. They are pictures by this program, not
// Grafana's: colours and fonts differ, and panels of kinds that the dashboards do not use are unknown to it.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// variables are what a reader has chosen above a dashboard, by its file.
var variables = map[string][]string{
	"fleet.json":   {"$namespace", ".*"},
	"webhook.json": {"$namespace", "sales", "$webhook", "crm"},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "dashboards: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	if len(args) != 3 {
		return errors.New("name the folder of the dashboards, the recording, and the folder to draw into")
	}
	r, err := open(args[1])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for file := range variables {
		picture, _, err := render(r, args[0], file)
		if err != nil {
			return err
		}
		target := filepath.Join(args[2], strings.TrimSuffix(file, ".json")+".svg")
		if err := os.WriteFile(target, picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// board is as much of a dashboard as is drawn.
type board struct {
	Title  string
	Panels []panel
}

type panel struct {
	Type, Title string
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct {
		Defaults  field
		Overrides []struct {
			Matcher    struct{ Options string }
			Properties []struct {
				ID    string
				Value any
			}
		}
	}
	Options struct{ ColorMode string }
	Targets []struct{ RefID, Expr, LegendFormat string }
}

// field is how values are shown.
type field struct {
	Unit, NoValue string
	Decimals      *int
	Thresholds    struct {
		Steps []struct {
			Color string
			Value *float64
		}
	}
	Custom struct {
		FillOpacity int
		Stacking    struct{ Mode string }
	}
}

// render returns the picture, and the titles of panels without data.
func render(r *recording, folder, file string) (picture []byte, empty []string, err error) {
	text, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return nil, nil, err
	}
	replaced := strings.NewReplacer(append([]string{"$__rate_interval", "1m"}, variables[file]...)...).Replace(string(text))
	var b board
	if err := json.Unmarshal([]byte(replaced), &b); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	s := newSheet(b)
	for _, p := range b.Panels {
		found, err := s.panel(r, p)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %s: %w", file, p.Title, err)
		}
		if !found {
			empty = append(empty, p.Title)
		}
	}
	var out bytes.Buffer
	if _, err := s.svg.WriteTo(&out); err != nil {
		return nil, nil, err
	}
	return out.Bytes(), empty, nil
}
