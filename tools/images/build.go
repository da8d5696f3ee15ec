// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/ko/pkg/build"
)

// baseName says in the images' annotations what they stand on. It cannot be pulled: it is made beside them.
const baseName = registry + "/base"

// builder makes images, by ko.
type builder struct {
	options
	settings []build.Option
}

func newBuilder(ctx context.Context, o options) (*builder, error) {
	below, err := base(o.platforms)
	if err != nil {
		return nil, fmt.Errorf("make the base: %w", err)
	}
	made, err := sourceDate(ctx, o.root)
	if err != nil {
		return nil, err
	}
	sboms := o.out + "/sbom"
	if err := os.MkdirAll(sboms, 0o750); err != nil {
		return nil, err
	}
	created := v1.Time{Time: made}
	return &builder{options: o, settings: []build.Option{
		build.WithBaseImages(func(context.Context, string) (name.Reference, build.Result, error) {
			ref, err := name.ParseReference(baseName)
			return ref, below, err
		}),
		build.WithPlatforms(o.platforms...),
		build.WithConfig(nil),
		build.WithDefaultEnv([]string{"CGO_ENABLED=0"}),
		build.WithDefaultLdflags([]string{"-s", "-w", "-X", "main.version=" + o.version}),
		build.WithTrimpath(true),
		build.WithUser(user),
		build.WithCreationTime(created),
		build.WithKoDataCreationTime(created),
		build.WithLabel("org.opencontainers.image.version", o.version),
		build.WithLabel("org.opencontainers.image.licenses", "Apache-2.0"),
		build.WithSPDX(o.version),
		build.WithSBOMDir(sboms),
	}}, nil
}

func (b *builder) build(ctx context.Context, i image) (*result, error) {
	ko, err := build.NewGo(ctx, filepath.Join(b.root, i.module), b.settings...)
	if err != nil {
		return nil, err
	}
	ref, err := ko.QualifyImport(i.program)
	if err != nil {
		return nil, err
	}
	if err := ko.IsSupportedReference(ref); err != nil {
		return nil, err
	}
	made, err := ko.Build(ctx, ref)
	if err != nil {
		return nil, err
	}
	return newResult(i, registry+"/"+i.name+":"+b.version, made)
}

// sourceDate is when the images are said to be made: https://reproducible-builds.org/docs/source-date-epoch/, or else when
// the commit was.
func sourceDate(ctx context.Context, root string) (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		git := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct")
		git.Dir = root
		out, err := git.Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("ask git for the time of the commit (SOURCE_DATE_EPOCH would do, too): %w", err)
		}
		text = strings.TrimSpace(string(out))
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %q is no number of seconds", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
