// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/ko/pkg/build"
)

// result is an image that was made.
type result struct {
	image
	// reference is its name with its tag.
	reference string
	made      build.Result
	digest    v1.Hash
	// archive is the file that has it.
	archive string
	// sizes by platform: what a node has to fetch.
	sizes map[string]int64
}

func newResult(i image, reference string, made build.Result) (*result, error) {
	digest, err := made.Digest()
	if err != nil {
		return nil, err
	}
	r := &result{image: i, reference: reference, made: made, digest: digest, sizes: map[string]int64{}}
	if err := r.measure(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *result) measure() error {
	switch made := r.made.(type) {
	case v1.ImageIndex:
		manifest, err := made.IndexManifest()
		if err != nil {
			return err
		}
		for _, d := range manifest.Manifests {
			img, err := made.Image(d.Digest)
			if err != nil {
				return err
			}
			if err := r.measureImage(img); err != nil {
				return err
			}
		}
		return nil
	case v1.Image:
		return r.measureImage(made)
	default:
		return fmt.Errorf("%T is neither an image nor an index", made)
	}
}

func (r *result) measureImage(img v1.Image) error {
	config, err := img.ConfigFile()
	if err != nil {
		return err
	}
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	for _, l := range layers {
		size, err := l.Size()
		if err != nil {
			return err
		}
		r.sizes[config.OS+"/"+config.Architecture] += size
	}
	return nil
}

// withinLimit fails where a platform's image is larger than agreed.
func (r *result) withinLimit() error {
	for _, platform := range sorted(r.sizes) {
		if size := r.sizes[platform]; size > r.limit {
			return fmt.Errorf("%s for %s has %s, and %s were agreed on: make it smaller, or raise the limit in tools/images/sets.go and say why",
				r.name, platform, inMebi(size), inMebi(r.limit))
		}
	}
	return nil
}

func (r *result) String() string {
	var sizes []string
	for _, platform := range sorted(r.sizes) {
		sizes = append(sizes, platform+" "+inMebi(r.sizes[platform]))
	}
	return fmt.Sprintf("%s\n  %s\n  %s, limit %s\n  %s", r.reference, r.digest, strings.Join(sizes, ", "), inMebi(r.limit), r.archive)
}

func inMebi(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/mebi) }
