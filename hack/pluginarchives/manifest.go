// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path"
	"strings"
	"text/template"

	"sigs.k8s.io/yaml"
)

// manifest is what is needed of krew's: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/
type manifest struct {
	Metadata struct{ Name string }
	Spec     struct {
		Version   string
		Platforms []platform
	}
}

// platform is where an archive is for.
type platform struct {
	Selector struct{ MatchLabels map[string]string }
	URI      string
	SHA256   string
	// Bin is the program within the archive.
	Bin string
}

func (p platform) os() string   { return p.Selector.MatchLabels["os"] }
func (p platform) arch() string { return p.Selector.MatchLabels["arch"] }
func (p platform) name() string { return p.os() + "/" + p.arch() }

// archive is the name of the file.
func (p platform) archive() string { return path.Base(p.URI) }

// fill fills .krew.yaml in as krew-release-bot does (https://github.com/rajatjindal/krew-release-bot), with these checksums by
// address, and reads the result.
func fill(text, tag string, sums map[string]string) (m manifest, filled string, err error) {
	values := struct{ TagName string }{tag}
	render := func(text string, functions template.FuncMap) (string, error) {
		t, err := template.New(".krew.yaml").Funcs(functions).Parse(text)
		if err != nil {
			return "", err
		}
		var out strings.Builder
		err = t.Execute(&out, values)
		return out.String(), err
	}
	filled, err = render(text, template.FuncMap{"addURIAndSha": func(address, _ string) (string, error) {
		uri, err := render(address, nil)
		return fmt.Sprintf("uri: %s\n    sha256: %q", uri, sums[uri]), err
	}})
	if err != nil {
		return m, "", err
	}
	err = yaml.Unmarshal([]byte(filled), &m)
	return m, filled, err
}
